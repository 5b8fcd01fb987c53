// SPDX-License-Identifier: MIT
// A small valid program to load and to spoil. The layout is that of program.ld.
#pragma once

#include <lavandin/elf_format.hpp>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace lavandin {

class Sample_elf {
public:
    static constexpr size_t header_count = 8;
    enum Which { constants, text, data, dynamic, locals, relro, note, stack };

    static constexpr uint64_t relocation_place = 0x600;
    static constexpr uint64_t dynamic_place = 0x2100;
    static constexpr uint64_t note_place = 0x700;

    Sample_elf() : _bytes(0x3080) {
        header() = {{0x7f, 'E', 'L', 'F', 2, 1, 1}, 3, 62, 1, 0x1010, 64, 0, 0, 64, 56, 8, 0, 0, 0};
        program(constants) = {1, 4, 0, 0, 0, 0x800, 0x800, 0x1000};
        program(text) = {1, 5, 0x1000, 0x1000, 0, 0x800, 0x800, 0x1000};
        program(data) = {1, 6, 0x2010, 0x2010, 0, 0x1070, 0x2000, 0x1000};
        program(dynamic) = {2, 6, dynamic_place, dynamic_place, 0, 0x50, 0x50, 8};
        program(locals) = {7, 4, 0x2010, 0x2010, 0, 4, 8, 4};
        program(relro) = {elf::segment_relro, 4, 0x2010, 0x2010, 0, 0xff0, 0xff0, 1};
        program(note) = {4, 4, note_place, note_place, 0, 28, 28, 4};
        program(stack) = {0x6474e551, 6, 0, 0, 0, 0, 0, 8};
        dynamic_entry(0) = {elf::dynamic_relocations, relocation_place};
        dynamic_entry(1) = {elf::dynamic_relocation_bytes, 3 * sizeof(elf::Relocation)};
        dynamic_entry(2) = {elf::dynamic_relocation_entry_bytes, sizeof(elf::Relocation)};
        dynamic_entry(3) = {4, 0x300}; // a hash table: passed over
        dynamic_entry(4) = {0, 0};
        relocation(0) = {0x2200, elf::relocation_relative, 0, 0x1010};
        relocation(1) = {0x2208, elf::relocation_module, 0, 0};
        relocation(2) = {0x3f00, elf::relocation_relative, 0, 0x2010}; // in zeroed data
        at<elf::Note_header>(note_place) = {9, 4, elf::note_image_flags};
        memcpy(&_bytes[note_place + 12], "Lavandin", 9);
        at<uint32_t>(note_place + 24) = elf::image_without_fpu;
        _bytes[0x1010] = std::byte{0x90};
        _bytes[0x2010] = std::byte{0x55};
        _bytes[0x3070] = std::byte{0x77};
    }

    elf::Header& header() { return at<elf::Header>(0); }
    elf::Program_header& program(size_t i) { return at<elf::Program_header>(64 + i * 56); }
    elf::Dynamic_entry& dynamic_entry(size_t i) {
        return at<elf::Dynamic_entry>(dynamic_place + i * 16);
    }
    elf::Relocation& relocation(size_t i) { return at<elf::Relocation>(relocation_place + i * 24); }
    std::vector<std::byte>& bytes() { return _bytes; }
    std::span<std::byte const> span() const { return _bytes; }

private:
    template <typename T>
    T& at(size_t place) {
        return *reinterpret_cast<T*>(&_bytes[place]);
    }

    std::vector<std::byte> _bytes;
};

} // namespace lavandin
