// SPDX-License-Identifier: MIT
// The checks that stand between a file and an Elf_program. Every value is copied out of the file
// once; the copy is checked and used.
#pragma once

#include <lavandin/elf_program.hpp>

#include <string.h>

namespace lavandin {

class Elf_checker {
public:
    explicit Elf_checker(std::span<std::byte const> file) { _program._file = file; }

    Elf_program::Opened run();

private:
    using Check = Elf_error (Elf_checker::*)();

    Elf_error check_header();
    Elf_error check_place();
    Elf_error check_kind() const;
    Elf_error check_segments();
    Elf_error check_entry();
    Elf_error check_dynamic();
    Elf_error check_relocations();
    Elf_error check_relro();
    Elf_error check_thread_locals();
    Elf_error check_notes();

    Elf_error add_segment(elf::Program_header const& header);
    Elf_error read_dynamic(elf::Program_header const& header);
    Elf_error read_dynamic_entry(elf::Dynamic_entry const& entry);
    Elf_error find_relocations();
    void read_notes(elf::Program_header const& header);

    bool in_file(uint64_t offset, uint64_t bytes) const {
        uint64_t const size = _program._file.size();
        return offset <= size && bytes <= size - offset;
    }
    template <typename T>
    T copy(uint64_t offset) const { // in_file() was asked
        T value;
        memcpy(&value, _program._file.data() + offset, sizeof value);
        return value;
    }
    elf::Program_header program_header(size_t index) const;
    // The segment that holds all of [address, address + bytes); null when none does.
    Elf_program::Segment const* holder(uint64_t address, uint64_t bytes) const;

    Elf_program _program;
    elf::Header _header{};
    uint64_t _relocation_address{0};
};

} // namespace lavandin
