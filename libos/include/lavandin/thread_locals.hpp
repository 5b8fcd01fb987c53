// SPDX-License-Identifier: MIT
// Thread-local variables of this image.
//
// Code reaches them through __tls_get_addr with a module number, never by an offset from the thread
// pointer: the images of one address space share a thread pointer, and each has its own module.
#pragma once

#include <lavandin/thread_control_block.hpp>

#include <cstddef>

namespace lavandin {

// The number of this image among those of its address space, which loaders also put where DTPMOD64
// says. Set once at start; until then, and in a process that is alone, lone_module.
extern size_t own_module;

struct Thread_local_image {
    std::byte const* begin;
    size_t file_bytes;   // to copy
    size_t memory_bytes; // of one block; the rest is zero
    size_t alignment;    // a power of two
};

// This image's; memory_bytes is 0 when it has no thread-locals.
Thread_local_image thread_local_image();

// Makes a block for `part` at `memory`, which has room for it and is aligned.
void install_thread_locals(Thread_part& part, std::byte* memory);

} // namespace lavandin
