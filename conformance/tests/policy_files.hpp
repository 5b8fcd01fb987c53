// SPDX-License-Identifier: MIT
// Files of scheduling modules, and loading them.
#pragma once

#include "tests/common.hpp"

#include <lavandin/abi/policy_module.hpp>
#include <lavandin/abi/scheduling.hpp>

#include <span>

namespace conformance {

// As the build makes them (x86-64/policy_files.S).
enum class policy_files : uint8_t {
    deadlines,
    share,
    fixed_priority,
    by_share,
    strict_order,
    liar,
    lying_coordinator,
};
std::span<std::byte const> bytes_of(policy_files file);

inline constexpr uint64_t free_class = first_free_class;

// New memory that begins with these bytes.
Result<Capability_index> memory_of(std::span<std::byte const> bytes);
Result<Capability_index> load_policy(policy_files file);

Result<Policy_information> place_information(uint64_t place);

// For what threads of one processor do to each other: this one, and those that it makes from now
// on, run on the first.
inline void stay_on_one_processor() { EXPECT_OK(thread_set_affinity, 0, 1); }

// Every place has its built-in module again, and its share.
void give_back_places();

// Does so when a test ends, however it does so by itself.
class Places {
public:
    Places() = default;
    Places(Places const&) = delete;
    Places& operator=(Places const&) = delete;
    ~Places() { give_back_places(); }
};

} // namespace conformance
