// SPDX-License-Identifier: MIT
#include "pool.hpp"

namespace {

using lavandin::test::cooperates;
using lavandin::test::millisecond;
using lavandin::test::Pool;

// Two processors, equal weights: the first has borrowed one, and the second wants it back.
class Borrowed : public testing::Test {
protected:
    Borrowed() {
        pool.add(256, 2);
        pool.add(256, 1);
        pool.busy(0, 2000);
        pool.busy(1, 0);
        pool.steps(50);
        pool.busy(1, 2000);
    }

    policy_action reclaimed() {
        policy_action const* const found = pool.step_to(POLICY_RECLAIM, 0);
        EXPECT_NE(found, nullptr);
        return found != nullptr ? *found : policy_action{};
    }

    Pool pool{2};
};

TEST_F(Borrowed, is_asked_back_with_a_deadline) {
    policy_action const reclaim = reclaimed();
    EXPECT_EQ(reclaim.processors, 1u);
    EXPECT_EQ(reclaim.until, pool.state.now + pool.state.tuning.give_back);
    EXPECT_EQ(reclaim.reason, POLICY_SHORTAGE);
    EXPECT_EQ(pool[0].memory.allocated, 2u); // until it has given it back
}

TEST_F(Borrowed, has_obeyed_when_the_vmm_counts_it) {
    policy_action const reclaim = reclaimed();
    pool[0].inbox.reclaim = {reclaim.number, POLICY_DONE};
    pool.step();
    EXPECT_EQ(pool[0].memory.allocated, 2u) << "it only said so";
    pool[0].measured.online = 1;
    pool.busy(0, 2000);
    pool.step();
    EXPECT_EQ(pool[0].memory.allocated, 1u);
    EXPECT_EQ(pool[0].memory.enforcements, 0u);
}

TEST_F(Borrowed, is_capped_at_its_entitlement_past_the_deadline_and_never_paused) {
    policy_action const reclaim = reclaimed();
    pool[0].inbox.reclaim = {reclaim.number, POLICY_REFUSED};
    policy_action const* const enforce = pool.step_to(POLICY_ENFORCE, 0);
    ASSERT_NE(enforce, nullptr);
    EXPECT_EQ(enforce->number, reclaim.number);
    EXPECT_GT(pool.state.now, reclaim.until);
    policy_action const* const cap = pool.find(POLICY_SET_CAP, 0);
    ASSERT_NE(cap, nullptr);
    EXPECT_EQ(cap->value, 100u); // percent: one processor
    EXPECT_EQ(pool[0].memory.enforcements, 1u);
    EXPECT_EQ(pool.step_to(POLICY_ENFORCE, 0, 100), nullptr) << "once for each";
    pool[0].measured.online = 1;
    policy_action const* const uncapped = pool.step_to(POLICY_SET_CAP, 0);
    ASSERT_NE(uncapped, nullptr);
    EXPECT_EQ(uncapped->value, 0u);
    EXPECT_EQ(uncapped->reason, POLICY_OBEYED);
}

TEST_F(Borrowed, keeps_it_when_the_need_goes_away) {
    policy_action const reclaim = reclaimed();
    pool.busy(1, 0);
    policy_action const* const withdrawn = pool.step_to(POLICY_WITHDRAW, 0);
    ASSERT_NE(withdrawn, nullptr);
    EXPECT_EQ(withdrawn->number, reclaim.number);
}

// It parks, says so, and wants it again before anybody has counted.
TEST_F(Borrowed, is_not_granted_again_while_it_is_asked_back) {
    policy_action const reclaim = reclaimed();
    pool[0].inbox.reclaim = {reclaim.number, POLICY_DONE};
    pool.request(0, 2);
    ASSERT_EQ(pool.answer(0), POLICY_OK);
    policy_action const* const answer = pool.find(POLICY_ANSWER, 0);
    ASSERT_NE(answer, nullptr);
    EXPECT_EQ(answer->answer, uint32_t{POLICY_NOT});
    EXPECT_EQ(answer->processors, 1u);
    pool[0].measured.online = 1;
    pool.busy(0, 2000);
    pool.step();
    EXPECT_EQ(pool[0].memory.allocated, 1u);
    EXPECT_EQ(pool.step_to(POLICY_ENFORCE, 0), nullptr);
}

TEST_F(Borrowed, a_reply_to_something_else_means_nothing) {
    policy_action const reclaim = reclaimed();
    pool[0].inbox.reclaim = {reclaim.number + 1, POLICY_DONE};
    pool[0].measured.online = 1;
    pool.busy(0, 2000);
    pool.step();
    EXPECT_EQ(pool[0].memory.reclaim.number, reclaim.number);
}

TEST_F(Borrowed, one_that_has_not_volunteered_is_not_asked) {
    pool[0].config.capabilities = POLICY_REPORTS | POLICY_TAKES;
    EXPECT_EQ(pool.step_to(POLICY_RECLAIM, 0), nullptr);
}

TEST_F(Borrowed, one_that_parks_has_less_time_and_may_stay_up) {
    pool[0].config.capabilities = cooperates | POLICY_PARKS;
    pool.busy(0, 2000);
    policy_action const reclaim = reclaimed();
    EXPECT_EQ(reclaim.until, pool.state.now + pool.state.tuning.park);
    pool[0].inbox.reclaim = {reclaim.number, POLICY_DONE};
    pool[0].measured.active = 1; // online stays 2
    pool.step();
    EXPECT_EQ(pool[0].memory.allocated, 1u);
}

TEST(Offers, that_are_refused_or_not_answered_come_again_later_and_later) {
    for (bool const answers : {true, false}) {
        Pool pool{4};
        pool.add(256, 1);
        pool.busy(0, 4000);
        uint64_t last = 0, pause = 0;
        for (int i = 0; i < 5; ++i) {
            policy_action const* const found = pool.step_to(POLICY_OFFER, 0, 2000);
            ASSERT_NE(found, nullptr);
            if (last != 0) {
                EXPECT_GT(pool.state.now - last, pause);
                pause = pool.state.now - last;
            }
            last = pool.state.now;
            if (answers)
                pool[0].inbox.offer = {found->number, POLICY_REFUSED};
        }
        EXPECT_EQ(pool[0].memory.offers_refused, 4u);
    }
}

TEST(Offers, to_a_domain_that_does_not_take_are_not_made) {
    Pool pool{4};
    pool.add(256, 1);
    pool[0].config.capabilities = POLICY_REPORTS | POLICY_GIVES_BACK;
    pool.busy(0, 4000);
    EXPECT_EQ(pool.step_to(POLICY_OFFER, 0), nullptr);
}

TEST(Idle_processors, stay_where_they_are_until_they_are_in_the_way) {
    Pool pool{4};
    pool.add(256, 4);
    pool.add(256, 1);
    pool.busy(0, 0);
    pool.busy(1, 500);
    EXPECT_EQ(pool.step_to(POLICY_RECLAIM, 0, 500), nullptr);
    pool.busy(1, 4000);
    EXPECT_EQ(pool.step_to(POLICY_RECLAIM, 0), nullptr) << "nobody gains by it";
    pool.busy(0, 4000);
    EXPECT_NE(pool.step_to(POLICY_RECLAIM, 0), nullptr);
}

// The second sleeps: its VCPU is seen awake in one of so many steps, or never.
void let_sleep(Pool& pool, int i, int awake) {
    pool[1].measured.runnable = awake != 0 && i % awake == 1 ? POLICY_WHOLE : 0;
    pool[1].measured.active = pool[1].measured.runnable / POLICY_WHOLE;
}

TEST(Idle_processors, are_not_asked_back_for_a_claim_of_who_sleeps) {
    for (policy_load const load : {POLICY_LOAD_THROUGHPUT, POLICY_LOAD_INTERACTIVE})
        for (int const awake : {0, 10}) {
            Pool pool{4, POLICY_CHARACTERISTICS};
            pool.add(256, 4);
            pool.add(256, 1);
            pool.busy(0, 0);
            pool.busy(1, 4000, load);
            for (int i = 0; i < 500; ++i) {
                let_sleep(pool, i, awake);
                pool.step();
                ASSERT_EQ(pool.find(POLICY_RECLAIM, 0), nullptr) << load << awake << i;
                ASSERT_EQ(pool.state.pressure, 0u) << load << awake << i;
            }
        }
}

TEST(Pressure, of_who_waits_counts_whatever_it_says) {
    Pool pool{2};
    pool.add(256, 1);
    pool.busy(0, 0); // so it says
    pool[0].measured.runnable = POLICY_WHOLE;
    for (int i = 0; i < 50; ++i) {
        pool.step();
        pool[0].measured.processor_time -= 9 * millisecond; // of each ten it ran one
    }
    EXPECT_EQ(pool.state.pressure, 2u);
}

TEST(Hysteresis, turning_back_takes_longer_each_time_and_calms_down) {
    Pool pool{2};
    pool.add(256, 1);
    pool.add(256, 1);
    unsigned changes[2] = {0, 0};
    uint32_t before = 1;
    for (int half = 0; half < 2; ++half)
        for (int i = 0; i < 2000; ++i) { // 20 s; the need of both changes every half second
            bool const first = i / 50 % 2 == 0;
            pool[0].measured.online = pool[0].memory.known ? pool[0].memory.allocated : 1;
            pool[1].measured.online = pool[1].memory.known ? pool[1].memory.allocated : 1;
            pool.busy(0, first ? 2000 : 50);
            pool.busy(1, first ? 50 : 2000);
            pool.step();
            for (size_t each : {0U, 1U}) {
                if (policy_action const* const offer = pool.find(POLICY_OFFER, each))
                    pool[each].inbox.offer = {offer->number, POLICY_DONE};
                if (policy_action const* const reclaim = pool.find(POLICY_RECLAIM, each)) {
                    pool[each].measured.online = reclaim->processors;
                    pool[each].inbox.reclaim = {reclaim->number, POLICY_DONE};
                }
            }
            changes[half] += pool[0].memory.allocated != before;
            before = pool[0].memory.allocated;
        }
    EXPECT_LE(changes[1], changes[0]);
    EXPECT_LT(changes[1], 20u); // of 40 turns
}

} // namespace
