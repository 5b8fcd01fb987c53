// SPDX-License-Identifier: MIT
// Loads with what they are.
#pragma once

#include <cooperation/reasons.h>
#include <cooperation/simulator/scenario.hpp>
#include <string>
#include <vector>

namespace lavandin::resource_manager {

struct Labelled_load {
    std::string name;
    coop_load kind;
    std::vector<simulator::Load> loads;
    unsigned processors;    // of the guest
    unsigned physical;      // that there are
    unsigned neighbours{0}; // computing threads of another guest
    uint64_t seed{1};
};

// Those that load.cpp's thresholds were chosen by, and those that judge them.
std::vector<Labelled_load> tuning_loads();
std::vector<Labelled_load> judging_loads();

} // namespace lavandin::resource_manager
