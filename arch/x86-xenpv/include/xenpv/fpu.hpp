// SPDX-License-Identifier: MIT
#pragma once

namespace xenpv {

// Makes the FPU registers those of `state`; null: of nobody, cleared.
void switch_fpu(void* state);
// The registers' state is in memory from now on, and may be loaded elsewhere; until the thread
// whose it is goes on here.
void save_fpu();
void resume_fpu();
// `state` goes away: what registers hold is not saved into it any more.
void forget_fpu(void* state);
// Once per VCPU.
void set_up_fpu();

} // namespace xenpv
