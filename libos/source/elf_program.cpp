// SPDX-License-Identifier: MIT
#include "elf_checker.hpp"

#include <lavandin/abi/message.hpp>

namespace lavandin {

using abi::page_size;

namespace {

constexpr char const* texts[] = {
    "no error",
    "the file is shorter than an ELF header",
    "this is no ELF file",
    "the file is not of 64 bits and little-endian",
    "the file has an unknown version of ELF",
    "the program is for another processor",
    "the program is not position independent",
    "program headers have an unknown size",
    "program headers lie outside the file",
    "the program has nothing to load",
    "the program has more than 8 segments",
    "a segment's contents lie outside the file",
    "a segment has more contents than memory, or no memory",
    "a segment is misaligned",
    "a segment lies beyond the greatest image",
    "segments overlap or are out of order",
    "a segment is both writable and executable, or not readable",
    "the entry is in no executable segment",
    "the program wants a dynamic linker",
    "the dynamic section lies outside the file or does not end",
    "the program wants a shared library",
    "the program has relocations of an unknown format",
    "the relocations lie outside the program",
    "a relocation has an unknown type or needs a symbol",
    "a relocation lies outside the writable segments",
    "the part to protect after relocation is no pages of a writable segment",
    "the thread-locals lie outside the program",
    "the thread-locals have a wrong size or alignment",
    "the notes lie outside the file",
};

} // namespace

char const* text(Elf_error error) {
    auto const index = static_cast<size_t>(error);
    return index < std::size(texts) ? texts[index] : "unknown error";
}

Elf_program::Opened Elf_program::open(std::span<std::byte const> file) {
    return Elf_checker{file}.run();
}

uint64_t Elf_program::Segment::page_begin() const { return address / page_size * page_size; }

uint64_t Elf_program::Segment::page_bytes() const {
    uint64_t const end = address + memory_bytes;
    return (end + page_size - 1) / page_size * page_size - page_begin();
}

uint64_t Elf_program::image_bytes() const {
    if (_count == 0)
        return 0;
    auto const& last = _segments[_count - 1];
    return last.page_begin() + last.page_bytes();
}

elf::Relocation Elf_program::relocation(size_t index) const {
    elf::Relocation relocation;
    memcpy(&relocation, _file.data() + _relocation_offset + index * sizeof relocation,
           sizeof relocation);
    return relocation;
}

void Elf_program::place(Segment const& segment, std::span<std::byte> memory, uint64_t base,
                        uint64_t module) const {
    memcpy(memory.data() + segment.address % page_size, _file.data() + segment.file_offset,
           segment.file_bytes);
    if (!segment.writable())
        return;
    uint64_t const begin = segment.page_begin();
    for (size_t i = 0; i < relocation_count(); ++i) {
        auto const entry = relocation(i);
        uint64_t const place = entry.address - begin;
        if (entry.address < begin || place > memory.size() ||
            memory.size() - place < sizeof(uint64_t))
            continue; // of another segment
        if (entry.type != elf::relocation_relative && entry.type != elf::relocation_module)
            continue;
        uint64_t const value = entry.type == elf::relocation_relative
                                   ? base + static_cast<uint64_t>(entry.addend)
                                   : module;
        memcpy(memory.data() + place, &value, sizeof value);
    }
}

} // namespace lavandin
