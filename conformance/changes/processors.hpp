// SPDX-License-Identifier: MIT
// The processors that are changed. Whoever changes one holds it, so that it knows the state it
// finds; whoever disturbs does not.
#pragma once

#include "tally.hpp"

#include <array>

namespace changes {

inline constexpr uint64_t most_processors = 64;

class Processors {
public:
    // Errors: those of processor_open.
    Result<void> open(Capability_index system);

    // How many the machine may have: those below were not absent at the beginning.
    uint64_t possible() const { return _possible; }

    bool hold(uint64_t number) {
        return !__atomic_exchange_n(&_all[number].held, true, __ATOMIC_ACQUIRE);
    }
    void let_go(uint64_t number) { __atomic_store_n(&_all[number].held, false, __ATOMIC_RELEASE); }

    Processor_state state(uint64_t number) const;
    Error act(uint64_t number, Processor_action action, uint64_t deadline = forever) const;

    // As above, by a capability that disturb() can take away, and seen by leaving().
    Error act_openly(uint64_t number, Processor_action action, uint64_t deadline);
    // Whether somebody is just parking or stopping it.
    bool leaving(uint64_t number) const {
        return __atomic_load_n(&_all[number].leaving, __ATOMIC_ACQUIRE);
    }
    Error revoke(uint64_t number) const { return capability_revoke(_all[number].open).error(); }

private:
    struct Each {
        Capability_index own{0};  // nobody takes this away
        Capability_index open{0}; // made from it
        bool held{false};
        bool leaving{false};
    };

    std::array<Each, most_processors> _all;
    uint64_t _possible{0};
};

} // namespace changes
