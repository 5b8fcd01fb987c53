// SPDX-License-Identifier: MIT
#include "move.hpp"

namespace lavandin::resource_manager {

namespace {

constexpr uint64_t bit(uint64_t number) { return uint64_t{1} << number; }
unsigned count(uint64_t mask) { return static_cast<unsigned>(__builtin_popcountll(mask)); }

} // namespace

coop_reason coop_reason_of(abi::Error error) {
    switch (error) {
    case abi::Error::pinned:
        return COOP_REASON_PINNED;
    case abi::Error::no_processor:
    case abi::Error::not_supported:
        return COOP_REASON_LAST;
    case abi::Error::refused:
        return COOP_REASON_HYPERVISOR;
    case abi::Error::quota_exceeded:
    case abi::Error::out_of_memory:
        return COOP_REASON_QUOTA;
    case abi::Error::timed_out:
        return COOP_REASON_EXPIRED;
    case abi::Error::cancelled:
        return COOP_REASON_ADMINISTRATOR;
    default:
        return COOP_REASON_BUSY;
    }
}

void Move::begin(Kind kind, coop_transfer const& transfer, Plan const& plan) {
    *this = {};
    _active = true;
    _kind = kind;
    _asked = transfer.count;
    _plan = plan;
    _candidates = transfer.processors;
}

bool Move::enough() const { return count(_moved | _moving) >= _plan.count; }

void Move::go(Cooperation_host& host) {
    while (_active && !enough() && _candidates != 0) {
        uint64_t const number = choose(host);
        _candidates &= ~bit(number);
        try_one(number, host);
    }
}

// In which order they are taken. What costs nothing comes first; but an offer means processors that
// are not in use yet.
bool Move::chosen(Processor_state state, unsigned round) const {
    bool const online = state == Processor_state::online;
    bool const parked = state == Processor_state::parked;
    if (_kind == Kind::offer)
        return round == 0 ? parked : round == 1 ? !online : true;
    return round == 0 ? !online && !parked : round == 1 ? parked : true;
}

// Of equals the lowest is taken and the highest given: low numbers stay, 0 above all.
uint64_t Move::choose(Cooperation_host& host) const {
    for (unsigned round = 0; round < 2; ++round) {
        uint64_t fitting = 0;
        for (uint64_t rest = _candidates; rest != 0; rest &= rest - 1) {
            auto const number = static_cast<uint64_t>(__builtin_ctzll(rest));
            if (chosen(host.state(number), round))
                fitting |= bit(number);
        }
        if (fitting != 0)
            return static_cast<uint64_t>(_kind == Kind::offer ? __builtin_ctzll(fitting)
                                                              : 63 - __builtin_clzll(fitting));
    }
    return static_cast<uint64_t>(_kind == Kind::offer ? __builtin_ctzll(_candidates)
                                                      : 63 - __builtin_clzll(_candidates));
}

void Move::try_one(uint64_t number, Cooperation_host& host) {
    Processor_state const state = host.state(number);
    if (_kind == Kind::offer)
        take(number, state, host);
    else
        give(number, state, host);
}

void Move::take(uint64_t number, Processor_state state, Cooperation_host& host) {
    if (state != Processor_state::absent && !host.available(number))
        return refused(number, COOP_REASON_ADMINISTRATOR);
    switch (state) {
    case Processor_state::online:
        _moved |= bit(number);
        return;
    case Processor_state::parked:
    case Processor_state::draining:
        return start(number, Processor_action::unpark, host);
    case Processor_state::offered:
    case Processor_state::stopped:
        return start(number, Processor_action::start, host);
    case Processor_state::starting:
        return refused(number, COOP_REASON_BUSY);
    case Processor_state::absent:
        return refused(number, COOP_REASON_ADMINISTRATOR);
    }
}

// Another that stays, and is not on its way out.
bool Move::last(uint64_t number, Cooperation_host& host) const {
    for (uint64_t other = 0; other < most_processors; ++other)
        if (other != number && (_moving & bit(other)) == 0 &&
            host.state(other) == Processor_state::online)
            return false;
    return true;
}

void Move::give(uint64_t number, Processor_state state, Cooperation_host& host) {
    bool const stop = _plan.manner == COOP_MANNER_STOP;
    switch (state) {
    case Processor_state::absent:
    case Processor_state::offered:
    case Processor_state::stopped:
        _moved |= bit(number); // it is out of use, which is what matters
        return;
    case Processor_state::parked:
        if (stop)
            return start(number, Processor_action::stop, host);
        _moved |= bit(number);
        return;
    case Processor_state::online:
        if (last(number, host) || (stop && number == 0))
            return refused(number, COOP_REASON_LAST);
        return start(number, stop ? Processor_action::stop : Processor_action::park, host);
    case Processor_state::starting:
    case Processor_state::draining:
        return refused(number, COOP_REASON_BUSY);
    }
}

void Move::start(uint64_t number, Processor_action action, Cooperation_host& host) {
    _moving |= bit(number);
    if (host.begin(number, action, _plan.until))
        return;
    _moving &= ~bit(number);
    refused(number, COOP_REASON_BUSY);
}

void Move::ended(uint64_t number, Outcome const& outcome, Cooperation_host& host) {
    if (!_active || (_moving & bit(number)) == 0)
        return;
    _moving &= ~bit(number);
    auto const error = static_cast<abi::Error>(outcome.error);
    if (error == abi::Error::none)
        _moved |= bit(number);
    else
        refused(number, coop_reason_of(error),
                error == abi::Error::pinned ? outcome.obstacle.thread : 0);
    go(host);
}

void Move::refused(uint64_t number, coop_reason reason, uint64_t detail) {
    if (_reason != COOP_REASON_NONE && reason == COOP_REASON_BUSY)
        return;
    _reason = reason;
    _processor = number;
    _detail = detail;
}

// What has been changed again meanwhile, by somebody else, has not moved.
coop_reply Move::reply(uint64_t online) const {
    coop_reply reply{};
    uint64_t const moved = _kind == Kind::offer ? _moved & online : _moved & ~online;
    reply.processor = COOP_NO_PROCESSOR;
    if (count(moved) < _asked) {
        bool const refused = _reason != COOP_REASON_NONE && count(_moved) < _plan.count;
        bool const fewer = count(moved) == _plan.count;
        auto const otherwise = fewer ? COOP_REASON_UNWANTED : COOP_REASON_ADMINISTRATOR;
        reply.reason = static_cast<uint16_t>(refused ? _reason : otherwise);
        reply.detail = refused ? _detail : 0;
    }
    if (moved == 0) {
        reply.processor = static_cast<uint16_t>(_processor);
        return reply;
    }
    reply.processors = moved;
    reply.online = online;
    if (_kind == Kind::reclaim)
        reply.manner = static_cast<uint16_t>(_plan.manner);
    return reply;
}

} // namespace lavandin::resource_manager
