// SPDX-License-Identifier: MIT
// Descriptors of modules, filled in the same way by all.
#pragma once

#include <policy/own.hpp>

namespace policy {

struct Parameters {
    uint64_t least;
    uint64_t greatest;
    uint64_t usual;
};

template <unsigned length>
constexpr void set_name(Policy_module& module, char const (&name)[length]) {
    static_assert(length <= sizeof module.name);
    for (unsigned i = 0; i < length; ++i)
        module.name[i] = name[i];
}

template <typename State, unsigned length>
constexpr Policy_module scheduler(char const (&name)[length], uint32_t flags, Parameters parameters,
                                  Policy_scheduler const& functions, uint64_t promised_wait = 0) {
    static_assert(sizeof(State) <= largest_policy_state);
    Policy_module module{};
    module.magic = policy_magic;
    module.version = policy_version;
    module.kind = Policy_kind::scheduler;
    set_name(module, name);
    module.state_bytes = sizeof(State);
    module.flags = flags;
    module.least_parameter = parameters.least;
    module.greatest_parameter = parameters.greatest;
    module.usual_parameter = parameters.usual;
    module.longest_wait = promised_wait;
    module.scheduler = functions;
    return module;
}

template <typename State, unsigned length>
constexpr Policy_module coordinator(char const (&name)[length],
                                    Policy_coordinator const& functions) {
    static_assert(sizeof(State) <= largest_policy_state);
    Policy_module module{};
    module.magic = policy_magic;
    module.version = policy_version;
    module.kind = Policy_kind::coordinator;
    set_name(module, name);
    module.state_bytes = sizeof(State);
    module.coordinator = functions;
    return module;
}

} // namespace policy
