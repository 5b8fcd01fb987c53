// SPDX-License-Identifier: MIT
// What the resource manager does about what the toolstack asks for.
#include "resource_manager_server.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>
#include <stdio.h>
#include <string.h>

namespace lavandin::resource_manager {

namespace {

constexpr uint64_t patience = 5 * second; // with one transition

} // namespace

// Beginning.

Result<void> Resource_manager_server::start(uint64_t most) {
    for (Wish& each : _lasting.wishes)
        each.check();
    uint64_t possible = 0;
    while (possible < maximum_processors && _processors.state(possible) != Processor_state::absent)
        ++possible;
    TRY_VOID(_transitions.start(possible - 1));
    if (Toolstack::there() && !_toolstack.start(_priority).ok())
        static_cast<void>(_log.write("cannot follow the store: no memory for it"));
    if (_lasting.started == 1)
        look_at_toolstack();
    else
        boot(most);
    if (Toolstack::there() && !_cooperating.start(_priority).ok())
        static_cast<void>(_log.write("cannot cooperate: no memory, grant or channel for it"));
    notified(ended_bit | transition_bit);
    return {};
}

// Who calls us is answered after this, and finds the processors there are. One that the toolstack
// says nothing of is ours.
void Resource_manager_server::boot(uint64_t most) {
    for (uint64_t number = 0; number < maximum_processors; ++number) {
        auto availability = _toolstack.availability(number);
        bool const there = _processors.state(number) != Processor_state::absent;
        if (availability == Availability::unknown && there && _toolstack.heard())
            availability = Availability::online;
        Wish& told = wish(number);
        static_cast<void>(told.ask(availability));
        bool const wanted =
            there && number < most && _processors.state(number) != Processor_state::online;
        if (availability == Availability::online && wanted)
            settle(number, Processor_action::start,
                   _processors.act(number, Processor_action::start, after(patience)));
        if (availability == Availability::online)
            told.open = 0;
        advance(number);
    }
    _lasting.started = 1;
}

// Wishes.

void Resource_manager_server::look_at_toolstack() {
    for (uint64_t number = 0; number < maximum_processors; ++number)
        ask(number, _toolstack.availability(number));
}

void Resource_manager_server::ask(uint64_t number, Availability availability) {
    if (wish(number).ask(availability))
        _retries[number].at_once();
}

// Does what can be done at once and begins what takes its time.
void Resource_manager_server::advance(uint64_t number) {
    Wish& told = wish(number);
    bool going = told.open != 0;
    while (going) {
        auto const next = told.next(_processors.state(number));
        if (next.step == Wish::Step::done && nothing_undoes(number)) {
            told.open = 0;
            told.refusal = {};
        }
        going = next.step == Wish::Step::act && step(number, next.action);
    }
    if (told.open == 0)
        _retries[number].stop();
    else if (_retries[number].at() <= now())
        _retries[number].refused(now()); // looks again, whatever it waits for
    report(number);
}

// A stop that was asked for before may not have come to the kernel yet.
bool Resource_manager_server::nothing_undoes(uint64_t number) {
    static_cast<void>(_transitions.take_back(number));
    return _transitions.idle(number);
}

// True when it has been done.
bool Resource_manager_server::step(uint64_t number, Processor_action action) {
    if (action == Processor_action::start || action == Processor_action::stop) {
        if (_transitions.idle(number))
            _transitions.submit(number, action, after(patience));
        return false;
    }
    static_cast<void>(_transitions.take_back(number));
    auto const outcome = _processors.act(number, action, forever);
    wish(number).ended(action, outcome);
    return outcome.error == 0;
}

void Resource_manager_server::advance_due() {
    uint64_t const time = now();
    for (uint64_t number = 0; number < maximum_processors; ++number)
        if (_retries[number].at() <= time)
            advance(number);
}

void Resource_manager_server::advance_all() {
    for (uint64_t number = 0; number < maximum_processors; ++number)
        if (wish(number).open != 0)
            _retries[number].at_once();
}

uint64_t Resource_manager_server::deadline() {
    uint64_t next = Retry::never;
    for (Retry const& retry : _retries)
        next = std::min(next, retry.at());
    return std::min(next, _cooperating.deadline());
}

// A transition has ended, whoever asked for it. What succeeds may be what another waited for.
void Resource_manager_server::settle(uint64_t number, Processor_action action,
                                     Outcome const& outcome) {
    Wish& told = wish(number);
    Outcome const before = told.refusal;
    told.ended(action, outcome);
    log_refusal(number, before);
    if (outcome.error == 0) {
        advance_all();
        advance(number);
    }
    report(number);
    _cooperating.ended(number, outcome);
}

void Resource_manager_server::report(uint64_t number) {
    char text[120];
    Wish const& told = wish(number);
    auto const state = _processors.state(number);
    if (told.asked != Availability::unknown)
        _toolstack.tell(number, name_of(state), answer_of(told, text));
}

void Resource_manager_server::log_refusal(uint64_t number, Outcome const& before) {
    Wish const& told = wish(number);
    auto const error = static_cast<Error>(told.refusal.error);
    bool const news = memcmp(&before, &told.refusal, sizeof(before)) != 0;
    if (error == Error::none || !news)
        return;
    char reason[96];
    auto const why = reason_of(told.refusal, reason);
    auto const what = name_of(told.refused_action);
    char line[160];
    int const length =
        snprintf(line, sizeof(line), "processor %llu: %.*s refused: %.*s",
                 static_cast<unsigned long long>(number), static_cast<int>(what.size()),
                 what.data(), static_cast<int>(why.size()), why.data());
    static_cast<void>(_log.write({line, std::min(static_cast<size_t>(length), sizeof(line) - 1)}));
}

} // namespace lavandin::resource_manager
