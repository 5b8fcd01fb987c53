// SPDX-License-Identifier: MIT
// Waiting for another processor: for a moment, or for as long as it may take it to get a physical
// processor.
#pragma once

#include <stdint.h>

namespace arch {

inline void relax() { asm volatile("pause" ::: "memory"); }

// Sleeps until somebody wakes this processor; at once when that has happened since
// prepare_to_wait(). May return without. No interrupt is taken meanwhile.
void prepare_to_wait();
void wait();
void wake(uint32_t processor);

} // namespace arch
