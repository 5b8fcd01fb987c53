// SPDX-License-Identifier: MIT
// Memory for clients, and how much there is. Answers carry an abi::Error as label.
#pragma once

#include <stdint.h>

namespace lavandin::memory_protocol {

inline constexpr uint64_t page_bytes = 4096;
inline constexpr uint64_t maximum_region_bytes = 16 << 20; // as memory_create

enum class Label : uint32_t {
    // w0: bytes, a multiple of 4096 up to maximum_region_bytes. Answers w0: region number, and one
    // transfer: Memory, read and write (and execute).
    // Errors: invalid_argument (size), quota_exceeded (this client's limit), out_of_memory (there
    // is none), table_full (this client's regions: 16 are its own, up to 256 as long as others
    // leave some).
    allocate = 1,
    // w0: region number. The client deletes its own capabilities to it first: what is still in use
    // stays charged to it. Errors: invalid_argument (not a region of this client).
    release = 2,
    // Answers a Totals in the buffer.
    totals = 3,
};

struct Totals {
    uint64_t machine_bytes; // what the machine gave us
    uint64_t free_bytes;
    uint64_t kernel_bytes; // kernel image, tables made at boot, frame database
    uint64_t server_limit; // what the memory server may give out
    uint64_t server_used;  // of that, with the memory server's own objects
    uint64_t client_limit; // for the asking client
    uint64_t client_used;
    uint64_t page_table_bytes; // of user address spaces
};

} // namespace lavandin::memory_protocol
