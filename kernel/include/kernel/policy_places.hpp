// SPDX-License-Identifier: MIT
// Which module serves which class, and which one coordinates: on all processors the same, also on
// those that do not run.
#pragma once

#include <kernel/policy.hpp>

namespace kernel {

namespace policies {

// The module takes over `place` on all processors, with all threads there; none: the built-in one.
// `share`: of the class, in thousandths; 0 leaves it as it is. Errors: invalid_argument (no such
// place, a module of another kind, shares of more than the whole), busy (it serves another place),
// not_supported (it has been retired).
Result<void> install(uint64_t place, Ref<Policy> policy, uint64_t share);

// Error: invalid_argument (no such place).
Result<void> describe(uint64_t place, abi::Policy_information& information);
// What was counted for a module, also where it is at work now.
void describe(Policy& policy, abi::Policy_information& information);

// What threads of a class may have as parameter.
abi::Policy_module const& module(uint64_t place);

} // namespace policies

} // namespace kernel
