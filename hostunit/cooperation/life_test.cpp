// SPDX-License-Identifier: MIT
// Long seeded lives: edges get lost, either side dies between any two steps and comes back, time
// jumps; a hundred domains at one VMM side, some of them hostile. What must hold is checked at each
// step by a ledger kept here.
#include "life.hpp"

#include <map>

namespace {

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
