// SPDX-License-Identifier: MIT
#include "steady_policy.hpp"

#include <algorithm>
#include <cooperation/limits.h>

namespace lavandin::resource_manager {

namespace {

unsigned rounded(uint64_t thousandths) {
    return static_cast<unsigned>((thousandths + COOP_WHOLE - 1) / COOP_WHOLE);
}

// Processors beyond the demand that are of use: who answers in bursts finds one free that others
// of its threads do not have. It is not asked for, but taken when it is offered, and kept. Who has
// more to do than fits on those in use asks for more instead.
unsigned spare_for(Situation const& situation) {
    bool const fits = situation.demand.processors <= situation.online * COOP_WHOLE;
    bool const answers =
        situation.load.kind == COOP_LOAD_INTERACTIVE || situation.load.kind == COOP_LOAD_IO;
    return fits && answers ? 1 : 0;
}

} // namespace

// A number that is in use already is kept as long as the demand is within `margin` of it. Threads
// that meet at barriers and lose time to others wait for each other's processors: whole ones serve
// them better than many.
Steady_policy::Goal Steady_policy::goal(Situation const& situation) {
    constexpr uint32_t much_stolen = 100;
    bool const parallel = situation.load.kind == COOP_LOAD_PARALLEL;
    uint32_t const demand = situation.demand.processors;
    unsigned const online = situation.online;
    unsigned const whole = std::max(1u, situation.entitlement / COOP_WHOLE);
    if (parallel && situation.stolen > much_stolen && online > whole)
        return {whole, COOP_NEED_STOLEN};
    unsigned const spare = spare_for(situation);
    unsigned wanted = online;
    if (demand > online * COOP_WHOLE + margin)
        wanted = rounded(demand - margin);
    else if (demand + (1 + spare) * COOP_WHOLE + margin < online * COOP_WHOLE)
        wanted = rounded(demand + margin) + spare;
    if (parallel && situation.stolen > much_stolen)
        wanted = std::min(wanted, online);
    wanted = std::clamp(wanted, 1u, situation.most);
    if (wanted < online)
        return {wanted, COOP_NEED_SURPLUS};
    return {wanted, parallel ? COOP_NEED_PARALLEL : COOP_NEED_QUEUE};
}

std::optional<Ask> Steady_policy::decide(Situation const& situation) {
    Goal const now = goal(situation);
    if (now.wanted <= situation.online)
        _above_since = 0;
    else if (_above_since == 0)
        _above_since = situation.now;
    if (now.wanted >= situation.online) {
        _below_since = 0;
        _highest = 0;
    } else {
        _below_since = _below_since == 0 ? situation.now : _below_since;
        _highest = std::max(_highest, now.wanted);
    }
    _hurries = _above_since != 0 && situation.now >= _not_before;
    if (situation.now < _not_before)
        return std::nullopt;
    if (_above_since != 0 && situation.now - _above_since >= rise_time)
        return ask(situation, now);
    uint64_t const patience = now.need == COOP_NEED_STOLEN ? loss_time : fall_time;
    if (_below_since != 0 && situation.now - _below_since >= patience)
        return ask(situation, {_highest, now.need});
    return std::nullopt;
}

std::optional<Ask> Steady_policy::ask(Situation const& situation, Goal const& goal) {
    _above_since = _below_since = 0;
    _highest = 0;
    _not_before = situation.now + _pause;
    bool const more = goal.wanted > situation.online;
    auto const wanted = static_cast<uint16_t>(goal.wanted);
    auto const least = more ? static_cast<uint16_t>(situation.online + 1) : uint16_t{1};
    return Ask{wanted, std::min(wanted, least), goal.need, 0, 0};
}

void Steady_policy::answered(coop_answer const& answer, uint64_t now) {
    bool const useless = answer.outcome == COOP_REFUSED_NOW || answer.outcome == COOP_LATER;
    _pause = useless ? std::min(_pause * 2, most_pause) : least_pause;
    _not_before = std::max(answer.again, now + _pause);
}

unsigned Steady_policy::useful(Situation const& situation) const {
    unsigned const asked = std::max(goal(situation).wanted, _highest);
    unsigned const spare = spare_for(situation);
    if (spare == 0)
        return asked;
    return std::max(asked, std::min(rounded(situation.demand.processors) + spare, situation.most));
}

} // namespace lavandin::resource_manager
