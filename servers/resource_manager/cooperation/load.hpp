// SPDX-License-Identifier: MIT
// Which of the protocol's classes of load this is, and what its threads are like. Pure: from two
// observations, some tenths of a second apart.
#pragma once

#include "observation.hpp"

#include <cooperation/reasons.h>

namespace lavandin::resource_manager {

struct Load {
    coop_load kind{COOP_LOAD_UNKNOWN};
    // Threads, as in the report.
    uint32_t interactive{0};  // run in short bursts
    uint32_t computing{0};    // run whenever they can
    uint32_t group{0};        // of the largest group that meets at barriers
    uint32_t lock_wait{0};    // part of the time of those that wait for locks, thousandths
    uint32_t wake_latency{0}; // 99th percentile, microseconds
    double at_once{0};        // threads that are not kept waiting by a lock, on the average
};

Load classify(Observation const& before, Observation const& after);

// Keeps to what it said until something else has been true for a while.
class Classifier {
public:
    void begin() { *this = {}; }
    Load const& add(Load const& seen);
    Load const& now() const { return _said; }

private:
    static constexpr unsigned needed = 2; // times in a row

    Load _said;
    coop_load _candidate{COOP_LOAD_UNKNOWN};
    unsigned _times{0};
};

} // namespace lavandin::resource_manager
