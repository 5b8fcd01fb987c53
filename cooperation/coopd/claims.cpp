// SPDX-License-Identifier: MIT
#include "claims.hpp"

#include <algorithm>
#include <numeric>

namespace lavandin::coopd {

namespace {

// Sums of what a guest says must not overflow.
constexpr uint64_t most_of_one = UINT64_MAX / 64;

uint64_t claimed(coop_report const& report) {
    return std::accumulate(std::begin(report.processor), std::end(report.processor), uint64_t{0},
                           [](uint64_t sum, coop_processor_report const& each) {
                               return sum + std::min(each.busy, most_of_one);
                           });
}

uint64_t measured(Domain_facts const& facts) {
    return std::accumulate(facts.vcpus.begin(), facts.vcpus.end(), uint64_t{0},
                           [](uint64_t sum, Vcpu_facts const& vcpu) { return sum + vcpu.time; });
}

} // namespace

bool Claims::contradict(coop_report const& report, Domain_facts const& facts, Time now) {
    _parked &= report.parked;
    if (_since != 0 && now - _since < window)
        return false;
    bool wrong = false;
    uint64_t const busy = claimed(report), ran = measured(facts);
    if (_since != 0) {
        uint64_t const real = ran - std::min(ran, _measured);
        wrong = busy - std::min(busy, _claimed) > real + real / busy_part + busy_slack;
        for (size_t i = 0; i < facts.vcpus.size(); ++i)
            wrong |= (_parked >> i & 1U) != 0 &&
                     facts.vcpus[i].time - _ran[i] > (now - _since) / parked_part;
    }
    _since = now;
    _claimed = busy;
    _measured = ran;
    _parked = report.parked;
    for (size_t i = 0; i < facts.vcpus.size(); ++i)
        _ran[i] = facts.vcpus[i].time;
    return wrong;
}

} // namespace lavandin::coopd
