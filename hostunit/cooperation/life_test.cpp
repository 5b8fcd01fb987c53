// SPDX-License-Identifier: MIT
// Long seeded lives: edges get lost, either side dies between any two steps and comes back, time
// jumps; a hundred domains at one VMM side, some of them hostile. What must hold is checked at each
// step by a ledger kept here.
#include "pair.hpp"

#include <map>
#include <random>
#include <set>

namespace {

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
    explicit Life(uint64_t seed) : _random{seed} {
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

TEST(Life, exactly_one_reply_whatever_dies_and_whatever_edge_is_lost) {
    uint64_t replies = 0;
    for (uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        Life life{seed};
        for (int i = 0; i < 1000; ++i) {
            life.step();
            if (::testing::Test::HasFailure())
                return;
        }
        life.settle();
        replies += life.replies();
    }
    EXPECT_GT(replies, 5000u);
    RecordProperty("replies", static_cast<int>(replies));
}

// Without losses nobody needs a timer: an edge is sent whenever the other side has to look.
TEST(Life, no_wake_up_is_missing) {
    std::mt19937 random{3};
    Pair pair;
    pair.join();
    for (int i = 0; i < 2000; ++i) {
        pair.now += 20'000'000; // within the rate
        switch (random() % 5) {
        case 0:
            pair.start_vmm();
            break;
        case 1:
            pair.start_guest();
            pair.guest_edge = true; // at its start it looks
            break;
        case 2:
            pair.request();
            break;
        case 3:
            pair.answer(COOP_LATER);
            break;
        default:
            pair.offer(0b10);
            pair.run_on_edges();
            pair.reply(COOP_OFFER, true);
        }
        pair.run_on_edges();
        ASSERT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED) << i;
        ASSERT_EQ(pair.vmm.engine.session, pair.guest.engine.session);
        ASSERT_EQ(pair.guest.engine.request != 0, pair.vmm.engine.request.head.sequence != 0);
        ASSERT_EQ(pair.guest.engine.offer.sequence != 0, pair.vmm.engine.offer.sequence != 0);
    }
}

void scribble(Pair& pair, std::mt19937& random) {
    auto* const words = reinterpret_cast<uint32_t*>(pair.guest_page.get());
    auto* const answers = reinterpret_cast<uint32_t*>(pair.vmm_page.get());
    for (int i = 0; i < 8; ++i) {
        words[random() % 1024] = static_cast<uint32_t>(random());
        answers[random() % 1024] = static_cast<uint32_t>(random()); // the guest owns both
    }
    pair.guest_page->side.produced += static_cast<uint32_t>(random() % 20);
}

TEST(Life, a_hundred_domains_come_and_go_and_the_hostile_ones_harm_nobody) {
    std::mt19937 random{11};
    std::map<unsigned, std::unique_ptr<Pair>> domains;
    uint64_t served = 0;
    for (int i = 0; i < 20'000; ++i) {
        unsigned const number = static_cast<unsigned>(random() % 100);
        auto& pair = domains[number];
        if (!pair || random() % 50 == 0) { // created, or destroyed and created again
            pair = std::make_unique<Pair>();
            pair->start();
        }
        bool const hostile = number % 5 == 0;
        if (hostile) {
            scribble(*pair, random);
            pair->now += random() % 1'000'000'000;
            coop_vmm_event event;
            coop_stock_vmm_report(&pair->vmm, pair->now, &event);
            pair->vmm_turn();
            continue;
        }
        pair->now += 20'000'000; // within the rate
        pair->run_on_edges();
        ASSERT_EQ(pair->guest.engine.state, COOP_GUEST_JOINED);
        if (pair->request() == COOP_OK) {
            pair->run_on_edges();
            ASSERT_EQ(pair->answer(COOP_GRANTED), COOP_OK);
            pair->run_on_edges();
            ASSERT_EQ(pair->guest.engine.request, 0u);
            ++served;
        }
        ASSERT_EQ(pair->vmm.engine.misbehaviour, 0u);
    }
    EXPECT_GT(served, 10'000u);
}

TEST(Life, a_hostile_vmm_side_costs_the_guest_its_session_and_nothing_else) {
    std::mt19937 random{12};
    Pair pair;
    pair.join();
    for (int i = 0; i < 20'000; ++i) {
        auto* const words = reinterpret_cast<uint32_t*>(pair.vmm_page.get());
        words[random() % 300] = static_cast<uint32_t>(random());
        if (random() % 4 == 0)
            pair.vmm_page->side.produced += static_cast<uint32_t>(random() % 20);
        pair.now += random() % 1'000'000'000;
        pair.guest_turn();
        pair.guest_events.clear();
    }
    *pair.vmm_page = coop_vmm_page{};
    pair.start_vmm();
    for (int i = 0; i < 3; ++i) {
        pair.now += COOP_PATIENCE;
        pair.guest_edge = pair.vmm_edge = true;
        pair.run_on_edges();
    }
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
}

} // namespace
