// SPDX-License-Identifier: MIT
// How many processors the threads could use. Pure.
#pragma once

#include "load.hpp"

namespace lavandin::resource_manager {

struct Demand {
    uint32_t processors; // in thousandths of one
    uint16_t confidence; // thousandths
};

// From looks at the machine, the newer the more they count: what ran, and what waited to run.
class Demand_estimate {
public:
    void begin() { *this = {}; }
    // What happened between two looks.
    void add(Observation const& before, Observation const& after);

    // Who waits for a lock, or at a barrier for those that wait for a processor, cannot use more
    // processors than there are threads that do not.
    Demand now(Load const& load) const;

private:
    // Of an average, the time in which an old value loses about two thirds of its weight.
    static constexpr uint64_t quick = 30'000'000;
    static constexpr uint64_t slow = 300'000'000;

    bool _begun{false};
    double _quick{0}; // processors
    double _slow{0};
};

} // namespace lavandin::resource_manager
