// SPDX-License-Identifier: MIT
#include "image.hpp"
#include "layout.hpp"

#include <lavandin/capability.hpp>
#include <lavandin/elf_format.hpp>

#include <span>
#include <string.h>

// Set by the linker: the image begins with its ELF header.
extern "C" [[gnu::visibility("hidden")]] lavandin::elf::Header const __ehdr_start;

namespace conformance {

namespace {

constexpr Permissions read_only = memory_permission::read;
constexpr Permissions read_write = memory_permission::read | memory_permission::write;
constexpr Permissions read_execute = memory_permission::read | memory_permission::execute;

struct Segment {
    uint64_t begin;
    uint64_t bytes; // whole pages
    Permissions rights;

    bool written() const { return rights == read_write; }
};

uint64_t base() { return reinterpret_cast<uint64_t>(&__ehdr_start); }

std::span<elf::Program_header const> program_headers() {
    auto const* const first =
        reinterpret_cast<elf::Program_header const*>(base() + __ehdr_start.program_header_offset);
    return {first, __ehdr_start.program_headers};
}

Segment segment(elf::Program_header const& header) {
    uint64_t const begin = header.address / page_size * page_size;
    uint64_t const end =
        (header.address + header.memory_bytes + page_size - 1) / page_size * page_size;
    Permissions const rights = header.flags & elf::flag_write     ? read_write
                               : header.flags & elf::flag_execute ? read_execute
                                                                  : read_only;
    return {base() + begin, end - begin, rights};
}

// Calls `visit(segment, offset)` for each one that is or is not written, with its place among them.
template <typename Visit>
Result<uint64_t> for_each_segment(bool written, Visit visit) {
    uint64_t offset = 0;
    for (auto const& header : program_headers()) {
        if (header.type != elf::segment_load || segment(header).written() != written)
            continue;
        TRY_VOID(visit(segment(header), offset));
        offset += segment(header).bytes;
    }
    return offset;
}

Result<Capability_index> copy_segments(bool written) {
    uint64_t const bytes =
        TRY(for_each_segment(written, [](Segment const&, uint64_t) { return Result<void>{}; }));
    auto const memory = TRY(memory_create(bytes));
    TRY_VOID(memory_map(self_process, memory, layout::scratch, 0, bytes, read_write));
    (void)TRY(for_each_segment(written, [](Segment const& segment, uint64_t offset) {
        memcpy(reinterpret_cast<void*>(layout::scratch + offset),
               reinterpret_cast<void const*>(segment.begin), segment.bytes);
        return Result<void>{};
    }));
    TRY_VOID(memory_unmap(self_process, layout::scratch, bytes));
    return memory;
}

Result<void> map_segments(Capability_index process, Capability_index memory, bool written) {
    auto const mapped = for_each_segment(written, [=](Segment const& segment, uint64_t offset) {
        return memory_map(process, memory, segment.begin, offset, segment.bytes, segment.rights);
    });
    return mapped.error();
}

// Puts the variable's value into the copy of the data at layout::scratch.
Result<void> write_patch(void const* patch, uint64_t bytes) {
    auto const place = reinterpret_cast<uint64_t>(patch);
    auto const written = for_each_segment(true, [=](Segment const& segment, uint64_t offset) {
        if (place >= segment.begin && place < segment.begin + segment.bytes)
            memcpy(reinterpret_cast<void*>(layout::scratch + offset + place - segment.begin), patch,
                   bytes);
        return Result<void>{};
    });
    return written.error();
}

} // namespace

Result<Image> Image::snapshot() {
    Image image;
    image.code = TRY(copy_segments(false));
    image.data = TRY(copy_segments(true));
    return image;
}

Result<void> Image::map(Capability_index process, void const* patch, uint64_t bytes) const {
    uint64_t const size = TRY(memory_size(data));
    lavandin::Capability const copy{TRY(memory_create(size))};
    TRY_VOID(memory_map(self_process, data, layout::original, 0, size, read_only));
    TRY_VOID(memory_map(self_process, copy.index(), layout::scratch, 0, size, read_write));
    memcpy(reinterpret_cast<void*>(layout::scratch),
           reinterpret_cast<void const*>(layout::original), size);
    TRY_VOID(write_patch(patch, bytes));
    TRY_VOID(memory_unmap(self_process, layout::original, size));
    TRY_VOID(memory_unmap(self_process, layout::scratch, size));
    TRY_VOID(map_segments(process, code, false));
    return map_segments(process, copy.index(), true);
}

} // namespace conformance
