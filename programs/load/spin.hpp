// SPDX-License-Identifier: MIT
// How long one that waits spins before it blocks.
#pragma once

#include "run_queues.hpp"

namespace load {

struct Spin {
    uint64_t time{0};                  // nanoseconds at most
    Run_queues const* queues{nullptr}; // nullptr: it spins whoever else waits

    // To be asked before and while it spins, which it has done for so long.
    bool goes_on(uint64_t passed) const {
        return passed < time && (queues == nullptr || !queues->others_wait());
    }
};

} // namespace load
