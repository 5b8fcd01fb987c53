// SPDX-License-Identifier: MIT
// The default policy: what it asks for, that it is in no haste and does not flap.
#include "servers/resource_manager/cooperation/steady_policy.hpp"

#include <gtest/gtest.h>

namespace lavandin::resource_manager {
namespace {

constexpr uint64_t millisecond = 1'000'000;
constexpr uint64_t step = 10 * millisecond;

class Steady : public testing::Test {
protected:
    Steady() {
        situation.now = 1'000'000'000;
        situation.online = 2;
        situation.most = 8;
        situation.entitlement = 2000;
        situation.load.kind = COOP_LOAD_THROUGHPUT;
    }
    // The first request within so long.
    std::optional<Ask> after(uint64_t nanoseconds) {
        for (uint64_t const end = situation.now + nanoseconds; situation.now < end;
             situation.now += step)
            if (auto const ask = policy.decide(situation))
                return ask;
        return std::nullopt;
    }
    void demand(uint32_t thousandths) { situation.demand = {thousandths, 900}; }
    void answer(coop_outcome outcome, uint64_t again = 0) {
        coop_answer answer{};
        answer.outcome = static_cast<uint16_t>(outcome);
        answer.again = again;
        policy.answered(answer, situation.now);
    }

    Steady_policy policy;
    Situation situation{};
};

TEST_F(Steady, asks_for_what_the_demand_fills) {
    demand(5600);
    auto const ask = after(100 * millisecond);
    ASSERT_TRUE(ask);
    EXPECT_EQ(ask->wanted, 6u);
    EXPECT_EQ(ask->least, 3u);
    EXPECT_EQ(ask->need, COOP_NEED_QUEUE);
}

TEST_F(Steady, hurries_before_it_asks_and_not_while_it_waits) {
    demand(2000);
    EXPECT_FALSE(after(step));
    EXPECT_FALSE(policy.hurries());
    demand(6000);
    EXPECT_FALSE(after(step));
    EXPECT_TRUE(policy.hurries());
    ASSERT_TRUE(after(100 * millisecond));
    answer(COOP_REFUSED_NOW);
    EXPECT_FALSE(after(step));
    EXPECT_FALSE(policy.hurries()) << "it is not to ask yet";
}

TEST_F(Steady, asks_for_no_more_than_there_are) {
    demand(60'000);
    EXPECT_EQ(after(100 * millisecond)->wanted, 8u);
}

TEST_F(Steady, a_moment_of_demand_is_nothing) {
    for (int i = 0; i < 100; ++i) {
        demand(4000);
        EXPECT_FALSE(after(2 * step));
        demand(2000);
        EXPECT_FALSE(after(2 * step));
    }
}

TEST_F(Steady, gives_up_late_and_never_the_last) {
    demand(0);
    uint64_t const begin = situation.now;
    auto const ask = after(2 * Steady_policy::fall_time);
    ASSERT_TRUE(ask);
    EXPECT_GE(situation.now - begin, Steady_policy::fall_time);
    EXPECT_EQ(ask->wanted, 1u);
    EXPECT_EQ(ask->need, COOP_NEED_SURPLUS);
}

TEST_F(Steady, keeps_what_was_needed_meanwhile) {
    situation.online = 6;
    demand(1000);
    EXPECT_FALSE(after(Steady_policy::fall_time / 2));
    demand(3000);
    EXPECT_FALSE(after(100 * millisecond));
    demand(1000);
    EXPECT_EQ(after(Steady_policy::fall_time)->wanted, 4u);
}

TEST_F(Steady, near_a_border_nothing_moves) {
    for (uint32_t const value : {1000u, 1500u, 2000u, 2240u}) {
        demand(value);
        EXPECT_FALSE(after(5'000 * millisecond)) << value;
    }
}

TEST_F(Steady, noise_around_a_border_does_not_flap) {
    unsigned changes = 0;
    uint64_t state = 7;
    for (int i = 0; i < 3000; ++i) { // 30 s
        state = state * 6364136223846793005u + 1442695040888963407u;
        demand(2300 + static_cast<uint32_t>(state >> 33) % 600 - 300);
        if (auto const ask = policy.decide(situation)) {
            situation.online = ask->wanted;
            answer(COOP_GRANTED);
            ++changes;
        }
        situation.now += step;
    }
    EXPECT_LE(changes, 3u);
}

TEST_F(Steady, what_is_refused_is_asked_for_ever_more_rarely) {
    demand(6000);
    uint64_t last = situation.now;
    uint64_t pause = 0;
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(after(20'000 * millisecond));
        EXPECT_TRUE(i < 2 || situation.now - last >= pause);
        pause = situation.now - last;
        last = situation.now;
        answer(COOP_REFUSED_NOW);
    }
    EXPECT_GE(pause, Steady_policy::most_pause);
    ASSERT_TRUE(after(20'000 * millisecond));
    answer(COOP_GRANTED);
    EXPECT_TRUE(after(2 * Steady_policy::least_pause)) << "and after success at once again";
}

TEST_F(Steady, does_not_ask_before_it_is_of_use) {
    demand(6000);
    ASSERT_TRUE(after(100 * millisecond));
    uint64_t const again = situation.now + 3'000 * millisecond;
    answer(COOP_REFUSED_NOW, again);
    ASSERT_TRUE(after(10'000 * millisecond));
    EXPECT_GE(situation.now, again);
}

TEST_F(Steady, parallel_programs_that_lose_time_want_whole_processors) {
    situation.load.kind = COOP_LOAD_PARALLEL;
    situation.online = 4;
    situation.stolen = 500;
    demand(4000);
    auto const ask = after(300 * millisecond);
    ASSERT_TRUE(ask);
    EXPECT_EQ(ask->wanted, 2u);
    EXPECT_EQ(ask->need, COOP_NEED_STOLEN);
    situation.online = 2;
    answer(COOP_GRANTED);
    EXPECT_FALSE(after(5'000 * millisecond)) << "and do not ask for more while they do";
}

TEST_F(Steady, who_answers_in_bursts_takes_a_spare_one_and_keeps_it) {
    situation.load.kind = COOP_LOAD_INTERACTIVE;
    situation.online = 1;
    demand(200);
    EXPECT_FALSE(after(5'000 * millisecond)) << "does not ask for it";
    EXPECT_EQ(policy.useful(situation), 2u);
    situation.online = 2;
    EXPECT_FALSE(after(5'000 * millisecond)) << "nor gives it back";
    EXPECT_EQ(policy.useful(situation), 2u);
    situation.online = 5;
    auto const ask = after(2 * Steady_policy::fall_time);
    ASSERT_TRUE(ask);
    EXPECT_EQ(ask->wanted, 2u);
}

TEST_F(Steady, who_computes_has_no_spare_one) {
    demand(200);
    EXPECT_LE(policy.useful(situation), 2u);
    auto const ask = after(2 * Steady_policy::fall_time);
    ASSERT_TRUE(ask);
    EXPECT_EQ(ask->wanted, 1u);
    situation.online = 1;
    EXPECT_EQ(policy.useful(situation), 1u);
}

TEST_F(Steady, tells_what_would_be_of_use) {
    demand(1000);
    EXPECT_EQ(policy.useful(situation), 2u);
    demand(5000);
    EXPECT_EQ(policy.useful(situation), 5u);
}

} // namespace
} // namespace lavandin::resource_manager
