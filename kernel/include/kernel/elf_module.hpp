// SPDX-License-Identifier: MIT
// A module's file, checked. What is accepted is as narrow as kernel/policy/module.ld makes it: the
// file is the image, so that it can be used where it lies once it is relocated.
//
//   - ELF64 of this machine, position independent, segments in order, each on pages of its own, at
//     the same place in the file as in memory, and no larger there
//   - rights of a segment: read; read and execute; read and write. No other kinds of segment but
//     dynamic section, notes, and what says that the stack is not executable
//   - relocations that add the base, and no others: so nothing is imported
//   - the entry is the descriptor (lavandin/abi/policy_module.hpp), in what can only be read
//
// Pure logic on bytes that do not change meanwhile.
#pragma once

#include <kernel/result.hpp>
#include <kernel/types.hpp>
#include <lavandin/abi/policy_module.hpp>

namespace kernel {

enum class Module_error : uint8_t {
    none,
    size,                // shorter than a header, or too large
    magic,               // no ELF file, or of another class, order or version
    machine,             // for another processor, or not position independent
    program_headers,     // outside the file, of another size, none, or too many
    segment_kind,        // of a kind that is not known
    segment_place,       // elsewhere in memory than in the file, not on a page, outside the file
    segment_size,        // another one in memory than in the file
    segment_order,       // shares a page with one before it
    segment_rights,      // writable and executable, or not readable
    dynamic_section,     // outside of segments, misaligned, does not end, or there are two
    dynamic_entry,       // wants something that is not done here
    relocation_table,    // outside of segments, misaligned, or of another entry size
    relocation_kind,     // not the base and an addend
    relocation_place,    // changes what is not data, or misaligned
    relocation_target,   // points outside of the image
    descriptor_place,    // entry outside of what can only be read, or misaligned
    descriptor_contents, // magic, version, kind, name, state or parameters are not possible
    function_place,      // a function is not in executable memory
};

// One line about an error.
char const* text(Module_error error);

class Elf_module {
public:
    static constexpr unsigned most_segments = 8;
    static constexpr unsigned most_relocations = 512;

    struct Segment {
        uint64_t begin; // a page
        uint64_t end;
        bool writable;
        bool executable;
    };

    // Looks at all of the file.
    Module_error open(uint8_t const* bytes, uint64_t size);

    // The rest is for one that was opened. `bytes` are those given to open(); they can be written
    // here, and are what will be executed.
    // What lies behind the segments on their pages becomes zero, and addresses are entered.
    void relocate(uint8_t* bytes) const;
    // After that: the descriptor is possible, and its functions are code of the module.
    Module_error check_descriptor(uint8_t const* bytes) const;
    abi::Policy_module const& descriptor(uint8_t const* bytes) const;

    unsigned segment_count() const { return _segment_count; }
    Segment const& segment(unsigned number) const { return _segments[number]; }
    // Pages from the first to the end of the last segment.
    uint64_t pages() const;

private:
    struct Relocation {
        uint64_t place;
        uint64_t info;
        uint64_t addend;
    };

    Module_error read_segments(uint8_t const* bytes);
    Module_error add_segment(uint8_t const* header);
    Module_error read_dynamic(uint8_t const* bytes);
    Module_error check_relocations(uint8_t const* bytes) const;
    Module_error check_relocation(Relocation const& relocation) const;
    Relocation relocation(uint8_t const* bytes, uint64_t number) const;
    Segment const* segment_of(uint64_t begin, uint64_t size) const;
    bool is_code(void const* function, uint8_t const* bytes) const;

    uint64_t _size{0};
    uint64_t _entry{0};
    uint64_t _dynamic{0};
    uint64_t _dynamic_bytes{0};
    uint64_t _relocations{0};
    uint64_t _relocation_bytes{0};
    uint64_t _relocation_size{0};
    unsigned _segment_count{0};
    Segment _segments[most_segments]{};
};

} // namespace kernel
