// SPDX-License-Identifier: MIT
// Which VCPUs have a top-level user table loaded: whose translations an update must reach.
#pragma once

#include <xenpv/frame_types.hpp>

namespace xenpv {

// A bit for each VCPU that may have translations of the table, this one included.
uint64_t users_of(Mfn top);
// The table is about to be taken apart, and no other VCPU executes in its space: each loads one
// anew, with a flush, before it executes in any.
void unload_from_others(Mfn top);
// Some VCPU's user table, as Xen has it, is still this one: the frame stays a table.
bool held_by_xen(Mfn top);

} // namespace xenpv
