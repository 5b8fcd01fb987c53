// SPDX-License-Identifier: MIT
#include "cooperating.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>

namespace lavandin::resource_manager {

Cooperating::Cooperating(Around const& around, Notification&& edge, Notification&& met)
    : _around{around}, _edge{static_cast<Notification&&>(edge)},
      _rendezvous{static_cast<Notification&&>(met)},
      _observer{around.processors, around.init, around.thread}, _engine{*this, _policy,
                                                                        around.given} {}

Result<void> Cooperating::start(uint64_t priority) {
    auto const system = System::borrow(environment().capability("system"));
    TRY_VOID(_transport.open(system, _edge));
    unsigned const processors = _observer.open();
    if (processors == 0)
        return Error::not_supported;
    _engine.begin(_transport.own(), _transport.other(), processors);
    return _rendezvous.start(_transport, priority);
}

uint64_t Cooperating::now() { return lavandin::now() + _observer.offset(); }

void Cooperating::look(bool edge) {
    uint64_t const time = lavandin::now();
    if (edge)
        _clear_edge_at = _pace.next(time);
    if (_clear_edge_at <= time) {
        _clear_edge_at = forever;
        _transport.clear_edge();
    }
    if (_engine.begun())
        _engine.look();
}

uint64_t Cooperating::deadline() {
    uint64_t const next = _engine.begun() ? _engine.next() : forever;
    if (next == forever)
        return _clear_edge_at;
    return std::min(_clear_edge_at, next - std::min(next, _observer.offset()));
}

void Cooperating::ended(uint64_t number, Outcome const& outcome) {
    if (_engine.begun())
        _engine.ended(number, outcome);
}

Cooperation_state Cooperating::state() {
    Cooperation_state state = _engine.state();
    for (uint64_t* const moment :
         {&state.asked_at, &state.judged_at, &state.decided_at, &state.offered_at, &state.moved_at})
        *moment -= std::min(*moment, _observer.offset());
    return state;
}

bool Cooperating::begin(uint64_t number, Processor_action action, uint64_t deadline) {
    uint64_t const offset = _observer.offset();
    return _around.mover.begin(number, action, deadline - std::min(deadline, offset));
}

} // namespace lavandin::resource_manager
