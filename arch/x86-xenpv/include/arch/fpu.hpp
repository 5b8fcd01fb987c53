// SPDX-License-Identifier: MIT
// FPU and SSE state of a thread. Eager: saved and loaded at each switch between threads that use
// it. A thread that does not is given cleared registers, so that it cannot read another's.
#pragma once

#include <stdint.h>

namespace arch {

// Bytes of one state, 64-byte aligned.
uint64_t fpu_state_size();
void fpu_start(void* state);
// Before the memory of a state goes away.
void fpu_end(void* state);

} // namespace arch
