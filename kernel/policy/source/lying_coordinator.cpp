// SPDX-License-Identifier: MIT
// For tests: a coordinator that chooses classes in turn, also those that have no thread.
#include <policy/module.hpp>

extern "C" lavandin::abi::Policy_module const lying_coordinator_policy;

namespace {

using namespace policy;

constexpr uint64_t quantum = 1'000'000; // nanoseconds

struct Turn {
    uint64_t next;
};

void init(void*, uint64_t const*, uint32_t) {}

Policy_choice choose(void* memory, uint32_t, uint64_t) {
    uint64_t const next = state<Turn>(memory).next++;
    return {next % scheduling_classes, quantum};
}

void charge(void*, uint32_t, uint64_t) {}

uint32_t preempts(void*, uint32_t, uint32_t) { return 0; }

} // namespace

constinit Policy_module const lying_coordinator_policy =
    coordinator<Turn>("liar", {init, choose, charge, preempts});
