// SPDX-License-Identifier: MIT
// Processors: following offers and reclaims to their end, giving up by hand, telling what left for
// other reasons, and taking back what nobody holds any more.
#include "cooperation.hpp"

#include <algorithm>

namespace lavandin::resource_manager {

namespace {

constexpr uint64_t bit(uint64_t number) { return uint64_t{1} << number; }

} // namespace

void Cooperation::ended(uint64_t number, Outcome const& outcome) {
    if (!_begun)
        return;
    _offer.ended(number, outcome, _host);
    _reclaim.ended(number, outcome, _host);
    _gift.ended(number, outcome, _host);
    pump();
    exchange();
}

void Cooperation::pump() {
    _offer.go(_host);
    _reclaim.go(_host);
    _gift.go(_host);
    if (_offer.complete())
        finish(_offer, COOP_OFFER);
    if (_reclaim.complete())
        finish(_reclaim, COOP_RECLAIM);
    if (_gift.complete())
        finish_gift();
    release();
}

// Without room for the reply it is tried again at the next look.
void Cooperation::finish(Move& move, coop_type type) {
    uint64_t const now_online = online();
    coop_reply const reply = move.reply(now_online);
    auto const error = coop_guest_reply(&engine(), type, &reply, _host.now());
    if (error == COOP_ERROR_FULL)
        return;
    move.end();
    if (error != COOP_OK)
        return; // the session is another one, or none
    bool const offer = type == COOP_OFFER;
    bool const done = reply.processors != 0;
    ++(offer ? (done ? _told.offers_taken : _told.offers_refused)
             : (done ? _told.reclaims_followed : _told.reclaims_refused));
    _told.reply_type = type;
    _told.reply_processors = reply.processors;
    _told.reply_reason = reply.reason;
    _told.reply_processor = reply.processor;
    _told.reply_detail = reply.detail;
    if (offer) {
        _told.moved_at = done && _told.offered_at != 0 ? _host.now() : 0;
        _online |= reply.processors;
        _given &= ~reply.processors;
    } else {
        _online &= ~reply.processors;
        note_given(reply.processors);
    }
}

void Cooperation::finish_gift() {
    uint64_t const moved = _gift.moved() & ~online();
    coop_reply const reply = _gift.reply(online());
    note_given(moved);
    _gift.end();
    _hand = Hand::answered;
    _asked = {0, 0, reply.reason, static_cast<uint64_t>(__builtin_popcountll(moved))};
}

void Cooperation::note_given(uint64_t moved) {
    uint64_t const now = _host.now();
    _given |= moved;
    for (uint64_t rest = moved; rest != 0; rest &= rest - 1)
        _parked_at[__builtin_ctzll(rest)] = now;
}

// What left otherwise than by a reclaim is said to be released; what came is seen in the report.
void Cooperation::release() {
    if (!joined())
        return;
    uint64_t const now_online = online();
    uint64_t left = _online & ~now_online & ~_reclaim.concerned();
    _online |= now_online;
    _given &= ~now_online;
    if (left == 0 || now_online == 0)
        return;
    uint64_t parked = 0;
    for (uint64_t rest = left; rest != 0; rest &= rest - 1)
        if (auto const number = static_cast<uint64_t>(__builtin_ctzll(rest));
            _host.state(number) == Processor_state::parked)
            parked |= bit(number);
        else if (_host.state(number) == Processor_state::draining)
            left &= ~bit(number); // it may come back
    static_cast<void>(say_released(parked, now_online, COOP_MANNER_PARK));
    static_cast<void>(say_released(left & ~parked, now_online, COOP_MANNER_STOP));
}

bool Cooperation::say_released(uint64_t left, uint64_t now_online, coop_manner manner) {
    if (left == 0)
        return true;
    coop_release release{};
    release.processors = left;
    release.online = now_online;
    release.manner = static_cast<uint16_t>(manner);
    release.reason = COOP_REASON_ADMINISTRATOR;
    auto const error = coop_guest_release(&engine(), &release, _host.now());
    if (error == COOP_ERROR_FULL)
        return false; // at the next look
    _online &= ~left;
    ++_told.releases;
    return true;
}

// Parking was for a short absence that has become a long one.
void Cooperation::tend(uint64_t now) {
    if (!joined())
        return take_back(now);
    for (uint64_t rest = _given; rest != 0; rest &= rest - 1) {
        auto const number = static_cast<uint64_t>(__builtin_ctzll(rest));
        bool const due = number != 0 && now - _parked_at[number] >= long_parked;
        if (!due || _host.state(number) != Processor_state::parked)
            continue;
        _parked_at[number] = now;
        static_cast<void>(_host.begin(number, Processor_action::stop, now + look_period));
    }
}

void Cooperation::take_back(uint64_t now) {
    if (_given == 0 || now - _apart_since < patience)
        return;
    for (uint64_t rest = _given; rest != 0; rest &= rest - 1) {
        auto const number = static_cast<uint64_t>(__builtin_ctzll(rest));
        if (number >= engine().config.processors || !_host.available(number))
            continue;
        auto const state = _host.state(number);
        if (state == Processor_state::parked)
            static_cast<void>(_host.begin(number, Processor_action::unpark, now + look_period));
        else if (state == Processor_state::stopped)
            static_cast<void>(_host.begin(number, Processor_action::start, now + look_period));
    }
    _given = 0;
    _host.log("nobody holds the processors that were given: they are taken back");
}

abi::Error Cooperation::give(unsigned count, uint64_t duration) {
    if (_hand == Hand::waits || _gift.active())
        return abi::Error::busy;
    if (!_begun || !joined())
        return abi::Error::wrong_state;
    uint64_t const now = _host.now();
    coop_transfer transfer{};
    transfer.processors = online();
    transfer.count = static_cast<uint16_t>(count);
    if (count == 0 || count > static_cast<unsigned>(__builtin_popcountll(transfer.processors)))
        return abi::Error::invalid_argument;
    _hand = Hand::waits;
    _by_hand_until = now + duration;
    auto const manner = duration < short_absence ? COOP_MANNER_PARK : COOP_MANNER_STOP;
    _gift.begin(Move::Kind::reclaim, transfer, {count, manner, now + patience});
    pump();
    exchange();
    return abi::Error::none;
}

} // namespace lavandin::resource_manager
