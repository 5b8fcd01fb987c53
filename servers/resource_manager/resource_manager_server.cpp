// SPDX-License-Identifier: MIT
// What clients ask for, and what becomes of transitions. What the toolstack asks for: wishes.cpp.
#include "resource_manager_server.hpp"

#include "obstacle.hpp"

#include <lavandin/clock.hpp>

namespace lavandin::resource_manager {

using resource_manager_protocol::Entry;
using resource_manager_protocol::Label;

Resource_manager_server::Resource_manager_server(Setup&& setup)
    : _processors{setup.processors}, _transitions{_processors,
                                                  static_cast<Notification&&>(
                                                      setup.transition_ended),
                                                  setup.priority},
      _toolstack{static_cast<Notification&&>(setup.toolstack_changed)},
      _state{static_cast<Mapping&&>(setup.state)}, _lasting{*_state.as<Lasting>()},
      _priority{setup.priority}, _cooperating{{_processors, _init, _log, *this, _lasting.given,
                                               setup.thread},
                                              static_cast<Notification&&>(setup.edge),
                                              static_cast<Notification&&>(setup.met)} {}

// Requests.

void Resource_manager_server::request(Request& request) {
    switch (static_cast<Label>(request.label())) {
    case Label::list:
        return list(request);
    case Label::start:
        return act(request, Processor_action::start);
    case Label::park:
        return act(request, Processor_action::park);
    case Label::stop:
        return act(request, Processor_action::stop);
    case Label::unpark:
        return unpark(request);
    case Label::cooperation:
        return cooperation_state(request);
    case Label::request:
        return ask_other_side(request, false);
    case Label::give:
        return ask_other_side(request, true);
    }
    request.fail(Error::not_supported);
}

void Resource_manager_server::list(Request& request) {
    uint64_t const number = request.word();
    if (number >= maximum_processors)
        return request.fail(Error::invalid_argument);
    Wish const& told = wish(number);
    Entry const entry{_processors.information(number), static_cast<uint64_t>(told.asked), told.open,
                      static_cast<uint64_t>(told.refused_action), told.refusal};
    request.answer().object(entry);
}

namespace {

// Errors: as resource_manager_protocol::Label says.
Result<uint64_t> number_in(Request& request) {
    if ((badge_roles(request.badge()) & resource_manager_protocol::role_control) == 0)
        return Error::permission_denied;
    uint64_t const number = request.word();
    if (!request.ok() || number >= maximum_processors)
        return Error::invalid_argument;
    return number;
}

} // namespace

size_t Resource_manager_server::waiting_of(Client client) const {
    size_t count = 0;
    for (Caller const& caller : _callers)
        count += caller.client == client;
    return count;
}

void Resource_manager_server::act(Request& request, Processor_action action) {
    auto const number = number_in(request);
    if (!number.ok())
        return request.fail(number.error());
    Client const client = badge_process(request.badge());
    if (waiting_of(client) >= resource_manager_protocol::maximum_client_requests)
        return request.fail(Error::quota_exceeded);
    if (!_transitions.idle(number.value())) {
        Outcome const busy{static_cast<uint64_t>(Error::busy), {}};
        request.answer().object(busy);
        return;
    }
    defer(request, number.value(), action);
}

void Resource_manager_server::defer(Request& request, uint64_t number, Processor_action action) {
    uint64_t const deadline = request.word();
    Client const client = badge_process(request.badge());
    auto waiting = request.defer();
    if (!waiting.ok())
        return request.fail(waiting.error());
    _transitions.submit(number, action, deadline);
    _callers[number] = {client, static_cast<Deferred_answer&&>(waiting.value())};
}

void Resource_manager_server::unpark(Request& request) {
    auto const number = number_in(request);
    if (!number.ok())
        return request.fail(number.error());
    Outcome outcome{};
    if (!_transitions.take_back(number.value()))
        outcome = _processors.act(number.value(), Processor_action::unpark, forever);
    settle(number.value(), Processor_action::unpark, outcome);
    request.answer().object(outcome);
}

// Transitions.

// A start goes on: it cannot be taken back.
void Resource_manager_server::take_back(uint64_t number) {
    if (!_transitions.take_back(number) && _processors.state(number) == Processor_state::draining)
        static_cast<void>(_processors.act(number, Processor_action::unpark, forever));
}

void Resource_manager_server::transition_ended(Transitions::Ended& ended) {
    if (ended.outcome.error == static_cast<uint64_t>(Error::pinned))
        identify(_init, ended.outcome.obstacle);
    settle(ended.number, ended.action, ended.outcome);
    answer(ended.number, ended.outcome);
}

void Resource_manager_server::answer(uint64_t number, Outcome const& outcome) {
    Caller caller = static_cast<Caller&&>(_callers[number]);
    _callers[number] = {};
    if (caller.client == 0)
        return;
    auto writer = begin_answer();
    writer.object(outcome);
    static_cast<void>(caller.answer.send(writer));
}

void Resource_manager_server::forget_ended() {
    Client clients[maximum_processors + 1];
    size_t count = 0;
    for (Caller const& caller : _callers)
        if (caller.client != 0)
            clients[count++] = caller.client;
    if (_asker.client != 0)
        clients[count++] = _asker.client;
    auto const ended = _init.keep_ended({clients, count});
    for (size_t i = 0; ended.ok() && i < ended.value(); ++i) {
        for (uint64_t number = 0; number < maximum_processors; ++number)
            if (_callers[number].client == clients[i])
                take_back(number);
        if (_asker.client == clients[i])
            _asker = {};
    }
}

void Resource_manager_server::notified(uint64_t bits) {
    if ((bits & transition_bit) != 0)
        while (auto ended = _transitions.take_ended())
            transition_ended(*ended);
    if ((bits & ended_bit) != 0) {
        forget_ended();
        advance_all(); // one of them may have been in the way
    }
    if ((bits & toolstack_bit) != 0)
        look_at_toolstack();
    advance_due();
    _cooperating.look((bits & edge_bit) != 0);
    answer_asked();
}

} // namespace lavandin::resource_manager
