// SPDX-License-Identifier: MIT
#include "demand.hpp"

#include <algorithm>
#include <cooperation/limits.h>
#include <cooperation/reasons.h>

namespace lavandin::resource_manager {

namespace {

constexpr double whole = COOP_WHOLE;

double used(Observation const& before, Observation const& after) {
    double const passed = static_cast<double>(after.time - before.time);
    double sum = 0;
    for (unsigned number = 0; number < after.processor_count; ++number) {
        auto const& now = after.processors[number];
        auto const& then = before.processors[number];
        sum += static_cast<double>(now.busy - std::min(now.busy, then.busy)) / passed;
    }
    return sum;
}

double waiting(Observation const& observation) {
    double sum = 0;
    for (unsigned number = 0; number < observation.processor_count; ++number)
        sum += static_cast<double>(observation.processors[number].ready);
    return sum;
}

// Where less than all of a processor is used, its queue is of the moment, and empties by itself.
double wanted(Observation const& before, Observation const& after) {
    double const busy = used(before, after);
    auto const online = after.mask(abi::Processor_state::online);
    double const have = __builtin_popcountll(online);
    double const full = std::clamp((busy / std::max(have, 1.0) - 0.5) * 2, 0.0, 1.0);
    return busy + full * (waiting(before) + waiting(after)) / 2;
}

} // namespace

void Demand_estimate::add(Observation const& before, Observation const& after) {
    if (after.time <= before.time)
        return;
    double const value = wanted(before, after);
    double const passed = static_cast<double>(after.time - before.time);
    double const part = _begun ? passed / (passed + quick) : 1;
    double const slow_part = _begun ? passed / (passed + slow) : 1;
    _quick += (value - _quick) * part;
    _slow += (value - _slow) * slow_part;
    _begun = true;
}

// How far the averages are apart says how steady it is.
Demand Demand_estimate::now(Load const& load) const {
    double value = _quick;
    if (load.kind == COOP_LOAD_LOCKS)
        value = std::min(value, std::max(load.at_once, 1.0));
    double const apart = _quick > _slow ? _quick - _slow : _slow - _quick;
    double const doubt = apart / (_quick + _slow + 0.1);
    double const most = COOP_PROCESSORS;
    return {static_cast<uint32_t>(std::min(value, most) * whole),
            static_cast<uint16_t>(_begun ? whole * (1 - doubt) : 0)};
}

} // namespace lavandin::resource_manager
