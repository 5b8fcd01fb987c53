// SPDX-License-Identifier: MIT
// Looking at the machine: reports, the class of load, demand, requests.
#include "cooperation.hpp"

#include <algorithm>
#include <cooperation/area_access.h>
#include <cooperation/limits.h>

namespace lavandin::resource_manager {

namespace {

// Below this, what happens is hardly more than our own looking.
constexpr double quiet_part = 0.02;
constexpr double whole = COOP_WHOLE;

struct Change {
    double busy{0}; // parts of the time, of all processors together
    double stolen{0};
};

Change change(Observation const& before, Observation const& after) {
    auto const passed = static_cast<double>(after.time - before.time);
    Change sum;
    for (unsigned number = 0; number < after.processor_count; ++number) {
        auto const& now = after.processors[number];
        auto const& then = before.processors[number];
        sum.busy += static_cast<double>(now.busy - std::min(now.busy, then.busy)) / passed;
        sum.stolen += static_cast<double>(now.stolen - std::min(now.stolen, then.stolen)) / passed;
    }
    return sum;
}

} // namespace

void Cooperation::measure(uint64_t now) {
    _host.observe(_scratch, false);
    bool quiet = false;
    if (_latest.time == 0) {
        classify();
    } else if (_scratch.time > _latest.time) {
        auto const happened = change(_latest, _scratch);
        double const stolen = happened.stolen / std::max(happened.busy, 0.01);
        double const smooth = (_stolen * 7 + std::min(stolen, 1.0) * whole) / 8;
        _stolen = static_cast<uint32_t>(smooth);
        quiet = happened.busy < quiet_part;
        _demand.add(_latest, _scratch);
        if (_scratch.time - _window_begin.time >= window)
            classify();
    }
    _latest = _scratch;
    if (now >= _next_report)
        report(now, quiet);
}

void Cooperation::report(uint64_t now, bool quiet) {
    bool const characteristics = coop_guest_agreed(&engine(), COOP_CHARACTERISTICS) != 0;
    auto const& load = _classifier.now();
    _reporter.fill(_report, _latest, load, _demand.now(load), characteristics);
    coop_stock_guest_report(&_link, &_report, now);
    ++_told.reports;
    uint64_t const agreed = std::max(engine().agreed.report_period, report_period);
    _period = quiet ? std::min(_period * 2, std::max(agreed, longest_pause)) : agreed;
    _next_report = now + _period;
}

// By a window of its own length, with threads, so that they are looked at less often.
void Cooperation::classify() {
    _host.observe(_scratch, true);
    if (_latest.time != 0)
        _classifier.add(resource_manager::classify(_window_begin, _scratch));
    _window_begin = _scratch;
}

// The other side's status, if it is of this session.
bool Cooperation::shown(coop_status& status) const {
    return joined() && coop_status_read(&status, &_link.other->status) == COOP_OK &&
           coop_status_check(&status) == COOP_OK && status.session == engine().session;
}

// WELCOME says how it was when the session began; domains that come and go change it.
Cooperation::Bounds Cooperation::bounds() const {
    coop_status status{};
    if (shown(status) && status.ceiling != 0)
        return {status.ceiling, status.entitlement};
    return {engine().agreed.ceiling, engine().agreed.entitlement};
}

unsigned Cooperation::available() {
    unsigned count = 0;
    for (uint64_t number = 0; number < engine().config.processors; ++number)
        count += _host.available(number) ? 1u : 0u;
    return std::max(1u, std::min(count, bounds().ceiling));
}

Situation Cooperation::situation(uint64_t now) {
    auto const& load = _classifier.now();
    return {now,         static_cast<unsigned>(__builtin_popcountll(online())),
            available(), bounds().entitlement,
            _stolen,     _demand.now(load),
            load};
}

void Cooperation::decide(uint64_t now) {
    bool const moving = _offer.active() || _reclaim.active() || _gift.active();
    _next_look = _next_report;
    if (moving || engine().request != 0 || now < _by_hand_until)
        return;
    if (auto const ask = _policy.decide(situation(now)))
        static_cast<void>(send(*ask, now));
    else if (_policy.hurries())
        _next_look = std::min(_next_look, now + report_period);
}

bool Cooperation::send(Ask const& ask, uint64_t now) {
    auto const& load = _classifier.now();
    Demand const demand = _demand.now(load);
    coop_request request{};
    request.wanted = ask.wanted;
    request.least = ask.least;
    request.need = static_cast<uint16_t>(ask.need);
    request.load = static_cast<uint16_t>(load.kind);
    request.demand = demand.processors;
    request.confidence = demand.confidence;
    request.by = ask.by;
    request.until = ask.until;
    if (coop_guest_request(&engine(), &request, now) != COOP_OK)
        return false;
    ++_told.requests;
    _told.wanted = ask.wanted;
    _told.need = static_cast<uint64_t>(ask.need);
    _told.outcome = 0;
    _told.asked_at = now;
    _told.judged_at = _told.decided_at = _told.offered_at = _told.moved_at = 0;
    return true;
}

abi::Error Cooperation::ask(unsigned wanted, uint64_t duration) {
    if (_hand == Hand::waits || (_begun && engine().request != 0))
        return abi::Error::busy;
    if (!_begun || !joined())
        return abi::Error::wrong_state;
    if (wanted == 0 || wanted > engine().config.processors)
        return abi::Error::invalid_argument;
    uint64_t const now = _host.now();
    Ask const ask{static_cast<uint16_t>(wanted), 1, COOP_NEED_ADMINISTRATOR, 0, now + duration};
    if (!send(ask, now))
        return abi::Error::refused;
    _by_hand_until = now + duration;
    _hand = Hand::waits;
    _hand_request = true;
    exchange();
    return abi::Error::none;
}

bool Cooperation::take_answer(Asked& asked) {
    if (_hand != Hand::answered)
        return false;
    _hand = Hand::idle;
    asked = _asked;
    return true;
}

Cooperation_state Cooperation::state() {
    Cooperation_state state = _told;
    state.connection = _begun ? static_cast<uint64_t>(engine().state) + 1 : 0;
    if (!_begun)
        return state;
    state.session = engine().session;
    state.instance = engine().instance;
    state.capabilities = engine().agreed.capabilities;
    Bounds const now = bounds();
    state.ceiling = now.ceiling;
    state.entitlement = now.entitlement;
    state.period = _period;
    state.online = online();
    state.given = _given;
    state.load = _report.load;
    state.demand = _report.demand;
    state.confidence = _report.confidence;
    state.runnable = _report.runnable;
    coop_status status{};
    if (shown(status)) {
        state.allotted = status.allotted;
        state.use = status.use;
        state.pressure = status.pressure;
        state.standing = status.standing;
        state.enforced = status.enforced;
        state.enforcements = status.enforcements;
        state.misbehaviour = status.misbehaviour;
    }
    for (unsigned error = COOP_ERROR_FULL; error < COOP_ERRORS; ++error)
        state.errors += engine().errors[error];
    return state;
}

} // namespace lavandin::resource_manager
