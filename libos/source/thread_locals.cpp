// SPDX-License-Identifier: MIT
// The structures come from the System V ABI (program headers) and from "ELF Handling For
// Thread-Local Storage" (tls_index, __tls_get_addr).
#include <lavandin/elf_format.hpp>
#include <lavandin/thread_locals.hpp>
#include <lavandin/thread_pointer.hpp>

#include <string.h>

namespace {

struct Thread_local_index {
    uint64_t module;
    uint64_t offset;
};

} // namespace

// Set by the linker: where this image begins, with its ELF header.
extern "C" [[gnu::visibility("hidden")]] std::byte const __ehdr_start[];
extern "C" void* __tls_get_addr(Thread_local_index const* index);

void* __tls_get_addr(Thread_local_index const* index) {
    auto const* const part = lavandin::current_thread().parts[index->module];
    return static_cast<std::byte*>(part->thread_locals) + index->offset;
}

namespace lavandin {

constinit size_t own_module = lone_module;

Thread_local_image thread_local_image() {
    elf::Header header;
    memcpy(&header, __ehdr_start, sizeof header);
    for (size_t i = 0; i < header.program_headers; ++i) {
        elf::Program_header segment;
        memcpy(&segment, __ehdr_start + header.program_header_offset + i * sizeof segment,
               sizeof segment);
        if (segment.type == elf::segment_thread_local)
            return {__ehdr_start + segment.address, segment.file_bytes, segment.memory_bytes,
                    segment.alignment > 1 ? segment.alignment : 1};
    }
    return {__ehdr_start, 0, 0, 1};
}

void install_thread_locals(Thread_part& part, std::byte* memory) {
    auto const image = thread_local_image();
    memcpy(memory, image.begin, image.file_bytes);
    memset(memory + image.file_bytes, 0, image.memory_bytes - image.file_bytes);
    part.thread_locals = memory;
}

} // namespace lavandin
