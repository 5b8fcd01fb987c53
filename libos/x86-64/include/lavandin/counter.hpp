// SPDX-License-Identifier: MIT
// The processor's own counter of time.
#pragma once

#include <stdint.h>

namespace lavandin {

// Not before all earlier loads are done: rdtsc by itself may run ahead of them.
inline uint64_t read_counter() {
    uint32_t low;
    uint32_t high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return uint64_t{high} << 32 | low;
}

} // namespace lavandin
