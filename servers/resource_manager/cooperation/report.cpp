// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <string.h>

namespace lavandin::resource_manager {

namespace {

uint64_t less(uint64_t from, uint64_t what) { return from > what ? from - what : 0; }

} // namespace

coop_processor_state coop_state_of(abi::Processor_state state) {
    using State = abi::Processor_state;
    switch (state) {
    case State::absent:
    case State::offered:
        return COOP_PROCESSOR_ABSENT;
    case State::online:
        return COOP_PROCESSOR_ONLINE;
    case State::parked:
        return COOP_PROCESSOR_PARKED;
    case State::stopped:
        return COOP_PROCESSOR_STOPPED;
    case State::starting:
    case State::draining:
        break;
    }
    return COOP_PROCESSOR_MOVING;
}

// The kernel counts as busy what it meant to run; Xen knows how much of that it did run. Nothing is
// claimed that Xen did not see running.
void Reporter::fill(coop_processor_report& to, Sums& sums, Processor_observation const& from) {
    uint64_t const busy = std::min(less(from.busy, from.stolen), from.ran);
    sums.busy = std::max(sums.busy, busy);
    sums.idle = std::max(sums.idle, from.idle);
    sums.stolen = std::max(sums.stolen, from.stolen);
    sums.away = std::max(sums.away, from.away);
    to = {sums.busy,
          sums.idle,
          sums.stolen,
          sums.away,
          static_cast<uint32_t>(from.switches),
          static_cast<uint16_t>(std::min<uint64_t>(from.ready, UINT16_MAX)),
          static_cast<uint16_t>(coop_state_of(from.state))};
}

void Reporter::fill(coop_report& report, Observation const& observation, Load const& load,
                    Demand const& demand, bool characteristics) {
    memset(&report, 0, sizeof(report));
    report.online = observation.mask(abi::Processor_state::online);
    report.parked = observation.mask(abi::Processor_state::parked);
    report.processors = static_cast<uint16_t>(observation.processor_count);
    report.demand = demand.processors;
    report.confidence = demand.confidence;
    report.load = load.kind;
    for (unsigned number = 0; number < observation.processor_count; ++number) {
        auto const& from = observation.processors[number];
        report.runnable += static_cast<uint32_t>(from.ready) + (from.running ? 1 : 0);
        fill(report.processor[number], _sums[number], from);
    }
    if (!characteristics)
        return;
    report.interactive = load.interactive;
    report.computing = load.computing;
    report.group = load.group;
    report.lock_wait = load.lock_wait;
    report.wake_latency = load.wake_latency;
}

} // namespace lavandin::resource_manager
