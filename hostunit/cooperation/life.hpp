// SPDX-License-Identifier: MIT
// A seeded life of two good sides: edges get lost, either side dies between any two steps and comes
// back, time jumps. A ledger kept here checks at each step what must hold.
#pragma once

#include "pair.hpp"

#include <random>
#include <set>
#include <utility>

// Counts replies per (session, sequence): never two, and none to what was not asked.
class Ledger {
public:
    void asked(uint32_t session, uint32_t sequence) { _open.insert({session, sequence}); }
    void replied(uint32_t session, uint32_t sequence) {
        EXPECT_EQ(_open.erase({session, sequence}), 1u) << session << ' ' << sequence;
        ++_replies;
    }
    bool open(uint32_t session, uint32_t sequence) const {
        return _open.count({session, sequence}) != 0;
    }
    uint64_t replies() const { return _replies; }

private:
    std::set<std::pair<uint32_t, uint32_t>> _open;
    uint64_t _replies{0};
};

class Life {
public:
    explicit Life(uint64_t seed, std::function<void(std::string const&)> record = {})
        : _random{seed} {
        _pair.record = std::move(record);
        _pair.start();
        settle();
    }

    void step() {
        if (uint64_t const death = _random() % 64; death == 0)
            _pair.start_guest();
        else if (death == 1)
            _pair.start_vmm();
        else
            live();
        account();
    }

    void live() {
        switch (_random() % 14) {
        case 0:
            _pair.now += _random() % 10'000'000;
            break;
        case 1: // an edge gets lost
            _pair.guest_edge = false;
            break;
        case 2:
            _pair.vmm_edge = false;
            break;
        case 3:
        case 4:
            if (_pair.request() == COOP_OK)
                _requests.asked(_pair.guest.engine.session, _pair.guest.engine.request);
            break;
        case 5:
            _pair.answer(_random() % 2 != 0 ? COOP_LATER : COOP_GRANTED);
            break;
        case 6:
            if (_pair.offer(mask()) == COOP_OK)
                _offers.asked(_pair.vmm.engine.session, _pair.vmm.engine.offer.sequence);
            break;
        case 7:
            if (_pair.reclaim(mask()) == COOP_OK)
                _reclaims.asked(_pair.vmm.engine.session, _pair.vmm.engine.reclaim.sequence);
            break;
        case 8:
        case 9:
            _pair.reply(COOP_OFFER, _random() % 2 != 0);
            break;
        case 10:
            _pair.reply(COOP_RECLAIM, _random() % 2 != 0);
            break;
        case 11:
            _pair.guest_turn();
            break;
        case 12:
            _pair.vmm_turn();
            break;
        default:
            _pair.run_on_edges();
        }
    }

    // Both sides look once without an edge, as their timers make them: everything is told.
    void settle() {
        for (int i = 0; i < 4; ++i) {
            _pair.now += COOP_PATIENCE;
            _pair.guest_edge = _pair.vmm_edge = true;
            _pair.run_on_edges();
            account();
        }
        ASSERT_EQ(_pair.guest.engine.state, COOP_GUEST_JOINED);
        ASSERT_EQ(_pair.vmm.engine.session, _pair.guest.engine.session);
        EXPECT_EQ(_pair.guest.engine.request, 0u);
        EXPECT_EQ(_pair.vmm.engine.misbehaviour, 0u) << "two good sides";
        for (uint64_t const count : _pair.guest.engine.errors)
            errors += count;
    }

    Pair& pair() { return _pair; }
    uint64_t replies() const {
        return _requests.replies() + _offers.replies() + _reclaims.replies();
    }
    uint64_t errors{0};

private:
    void account() {
        for (auto const& event : _pair.guest_events)
            if (event.type == COOP_GUEST_ANSWERED)
                _requests.replied(event.message.head.session, event.message.head.regarding);
        for (auto const& event : _pair.vmm_events) {
            auto const& head = event.message.head;
            if (event.type == COOP_VMM_OFFER_REPLIED)
                _offers.replied(head.session, head.regarding);
            if (event.type == COOP_VMM_RECLAIM_REPLIED)
                _reclaims.replied(head.session, head.regarding);
        }
        _pair.guest_events.clear();
        _pair.vmm_events.clear();
    }
    uint64_t mask() { return (_random() % 127 + 1) << 1; }

    std::mt19937_64 _random;
    Pair _pair;
    Ledger _requests;
    Ledger _offers;
    Ledger _reclaims;
};
