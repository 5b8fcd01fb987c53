// SPDX-License-Identifier: MIT
#pragma once

namespace xenpv {

// Makes the FPU registers those of `state`; null: of nobody, cleared.
void switch_fpu(void* state);
// `state` goes away: what the registers hold is not saved into it any more.
void forget_fpu(void* state);
// Once per VCPU.
void set_up_fpu();

} // namespace xenpv
