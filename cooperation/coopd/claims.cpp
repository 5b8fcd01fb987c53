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

uint64_t more(uint64_t now, uint64_t then) { return now - std::min(now, then); }

} // namespace

Claims::Measurement Claims::measurement(Domain_facts const& facts, Time now) {
    Measurement made;
    made.at = now;
    size_t const count = std::min(facts.vcpus.size(), made.each.size());
    for (size_t i = 0; i < count; ++i) {
        made.each[i] = facts.vcpus[i].time;
        made.all += facts.vcpus[i].time;
    }
    return made;
}

bool Claims::contradict(coop_report const& report, Domain_facts const& facts, Time now) {
    Measurement const measured = measurement(facts, now);
    bool found = false;
    if (_previous.at == 0) {
        _number = report.number; // nobody knows what was measured before it was written
        _seen = now;
        _previous = measured;
        return false;
    }
    if (_since == 0 || now - _since >= window) {
        found = _since != 0 && wrong(measured);
        if (_newest.before.at != 0)
            begin(measured);
    }
    if (report.number != _number)
        take(report, now);
    _previous = measured;
    return found;
}

void Claims::take(coop_report const& report, Time now) {
    _parked &= now - _seen > longest_gap ? 0 : report.parked;
    _newest = {claimed(report), report.parked, _previous};
    _number = report.number;
    _seen = now;
}

// With the newest report, so that there is nothing between two windows.
void Claims::begin(Measurement const& measured) {
    _since = measured.at;
    _first = _newest;
    _after = measured;
    _parked = _newest.parked;
}

bool Claims::wrong(Measurement const& measured) const {
    uint64_t const ran = more(measured.all, _first.before.all);
    if (more(_newest.busy, _first.busy) > ran + ran / busy_part + busy_slack)
        return true;
    Time const passed = more(_newest.before.at, _after.at);
    if (passed < window / 2)
        return false;
    for (size_t i = 0; i < _after.each.size(); ++i)
        if ((_parked >> i & 1U) != 0 &&
            more(_newest.before.each[i], _after.each[i]) > passed / parked_part)
            return true;
    return false;
}

} // namespace lavandin::coopd
