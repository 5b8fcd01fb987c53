// SPDX-License-Identifier: MIT
// Waiting for another processor that is about to finish.
#pragma once

namespace arch {

inline void relax() { asm volatile("pause" ::: "memory"); }

} // namespace arch
