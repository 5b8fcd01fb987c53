// SPDX-License-Identifier: MIT
// Taking back what was derived from a capability: copies in any process, mappings, threads that
// wait through it, bindings.
#pragma once

#include <kernel/capability_table.hpp>

namespace kernel {

// Removes one thing that is derived from slot `index`; what was derived from that comes up to the
// slot. False when nothing is left.
// Error: invalid_capability (also when a step before ended the table's process).
Result<bool> revoke_step(Capability_table& table, abi::Capability_index index);

} // namespace kernel
