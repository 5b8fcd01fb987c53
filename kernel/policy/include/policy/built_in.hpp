// SPDX-License-Identifier: MIT
// The modules that the kernel always has; each is also built as a file of its own.
#pragma once

#include <lavandin/abi/policy_module.hpp>

extern "C" {
extern lavandin::abi::Policy_module const fixed_priority_policy;
extern lavandin::abi::Policy_module const proportional_share_policy;
extern lavandin::abi::Policy_module const strict_order_policy;
}

namespace policy {

// What their states take.
inline constexpr uint64_t fixed_priority_state_bytes = 1088;
inline constexpr uint64_t proportional_share_state_bytes = 64;
inline constexpr uint64_t strict_order_state_bytes = 128;

} // namespace policy
