// SPDX-License-Identifier: MIT
// Makes the protocol's REPORT of an observation. Pure.
#pragma once

#include "demand.hpp"
#include "load.hpp"

#include <cooperation/area.h>
#include <cooperation/types.h>

namespace lavandin::resource_manager {

class Reporter {
public:
    // What is promised to never decrease begins anew with a session.
    void begin() { *this = {}; }

    // All but session, number and time.
    void fill(coop_report& report, Observation const& observation, Load const& load,
              Demand const& demand, bool characteristics);

private:
    // As it was reported last: sums of different clocks, subtracted, may go back a little.
    struct Sums {
        uint64_t busy, idle, stolen, away;
    };
    void fill(coop_processor_report& to, Sums& sums, Processor_observation const& from);

    std::array<Sums, most_processors> _sums{};
};

coop_processor_state coop_state_of(abi::Processor_state state);

} // namespace lavandin::resource_manager
