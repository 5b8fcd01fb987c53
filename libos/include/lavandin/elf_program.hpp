// SPDX-License-Identifier: MIT
// Elf_program: a program file, checked. Pure logic: it reads a span of bytes and writes to others.
//
// Accepted is what program.ld makes: ELF64 for x86-64, position independent, no interpreter and no
// library needed, loadable segments in order of address on pages of their own, none both writable
// and executable, relocations only in writable segments and only of kinds that need no symbols.
#pragma once

#include <lavandin/abi/capability.hpp>
#include <lavandin/elf_format.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace lavandin {

enum class Elf_error : uint8_t {
    none,
    truncated_header,        // the file is shorter than an ELF header
    wrong_magic,             // no ELF file
    wrong_class,             // not 64 bits, or not little-endian
    wrong_version,           // of ELF
    wrong_machine,           // not x86-64
    wrong_type,              // not position independent
    program_header_size,     // program headers have another size than here
    program_headers_outside, // program headers lie outside the file
    no_segment,              // nothing to load
    too_many_segments,       // more than 8
    segment_outside_file,    // a segment's contents lie outside the file
    segment_size,            // more contents than memory, or no memory
    segment_alignment,       // place in the file and address differ within a page
    segment_address,         // beyond the greatest image
    segment_overlap,         // two segments share a page, or are out of order
    segment_rights,          // writable and executable, or not readable
    entry_outside,           // the entry is in no executable segment
    interpreter,             // wants a dynamic linker
    dynamic_outside,         // dynamic section lies outside the file or does not end
    library_needed,          // wants a shared library
    unsupported_relocations, // a relocation table of a kind that is not read here
    relocations_outside,     // relocations lie outside the file's loadable contents
    relocation_type,         // a relocation of another kind, or with a symbol
    relocation_outside,      // a relocation changes something outside writable segments
    relro_outside,           // what becomes read-only does not lie in a writable segment
    thread_locals_outside,   // the template of thread-locals is in no segment
    thread_locals_size,      // more contents than memory, or an alignment that is none
    note_outside,            // notes lie outside the file
};

// One line about an error.
char const* text(Elf_error error);

class Elf_program {
public:
    static constexpr size_t maximum_segments = 8;
    static constexpr uint64_t maximum_image_bytes = 64 << 20;

    // Addresses are relative to the image's base.
    struct Segment {
        uint64_t address;
        uint64_t memory_bytes;
        uint64_t file_offset;
        uint64_t file_bytes;
        abi::Permissions rights; // memory_permission

        // The pages it needs, which no other segment has a part in.
        uint64_t page_begin() const;
        uint64_t page_bytes() const;
        bool writable() const { return (rights & abi::memory_permission::write) != 0; }
    };

    class Opened;

    // Checks all of the file, which must stay as long as the program is used.
    static Opened open(std::span<std::byte const> file);

    std::span<Segment const> segments() const { return std::span{_segments}.first(_count); }
    uint64_t entry() const { return _entry; }
    uint64_t image_bytes() const; // from the base to the end of the last segment's last page
    // Pages that are to be read-only once they are relocated; empty when begin is end.
    uint64_t relro_begin() const { return _relro_begin; }
    uint64_t relro_end() const { return _relro_end; }
    // The image says that it uses no x87, MMX, SSE or AVX.
    bool without_fpu() const { return _without_fpu; }

    // Fills `memory`, which is zero and has `segment.page_bytes()`, for an image at `base` with the
    // given number among the modules of its address space. Safe also when the file has changed
    // since it was checked.
    void place(Segment const& segment, std::span<std::byte> memory, uint64_t base,
               uint64_t module) const;

private:
    friend class Elf_checker;

    size_t relocation_count() const { return _relocation_bytes / sizeof(elf::Relocation); }
    elf::Relocation relocation(size_t index) const; // index < relocation_count()

    std::span<std::byte const> _file;
    std::array<Segment, maximum_segments> _segments{};
    size_t _count{0};
    uint64_t _entry{0};
    uint64_t _relro_begin{0};
    uint64_t _relro_end{0};
    uint64_t _relocation_offset{0}; // in the file
    uint64_t _relocation_bytes{0};
    bool _without_fpu{false};
};

class Elf_program::Opened {
public:
    Opened(Elf_error error) : _error{error} {}
    Opened(Elf_program const& program) : _program{program} {}

    bool ok() const { return _error == Elf_error::none; }
    Elf_error error() const { return _error; }
    Elf_program const& value() const { return _program; } // only when ok()

private:
    Elf_error _error{Elf_error::none};
    Elf_program _program{};
};

} // namespace lavandin
