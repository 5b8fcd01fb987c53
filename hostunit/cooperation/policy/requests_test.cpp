// SPDX-License-Identifier: MIT
#include "pool.hpp"

#include <cstring>

namespace {

using lavandin::test::millisecond;
using lavandin::test::Pool;

policy_action answer(Pool& pool, size_t index, uint32_t wanted, uint32_t minimum = 1) {
    pool.request(index, wanted, minimum, 42);
    pool.step();
    policy_action const* const found = pool.find(POLICY_ANSWER, index);
    EXPECT_NE(found, nullptr);
    if (found == nullptr)
        return {};
    EXPECT_EQ(found->number, 42u);
    return *found;
}

// Two of equal weight and two VCPUs each, on four processors, that have long had so much to do.
Pool two_equals(uint32_t first, uint32_t second) {
    Pool pool{4};
    pool.add(256, 2);
    pool.add(256, 2);
    pool.busy(0, first);
    pool.busy(1, second);
    pool.steps(50);
    return pool;
}

TEST(Requests, within_the_entitlement_are_granted_at_once_whatever_others_do) {
    Pool pool{4};
    pool.add(256, 1);
    pool.add(256, 4);
    pool.busy(0, 1000);
    pool.busy(1, 4000);
    pool.steps(50);
    policy_action const got = answer(pool, 0, 2);
    EXPECT_EQ(got.answer, POLICY_GRANTED);
    EXPECT_EQ(got.reason, POLICY_WITHIN_SHARE);
    EXPECT_EQ(pool[0].memory.allocated, 2u);
}

TEST(Requests, beyond_it_they_get_what_others_do_not_need) {
    Pool pool = two_equals(2000, 0);
    policy_action const got = answer(pool, 0, 4);
    EXPECT_EQ(got.answer, POLICY_GRANTED);
    EXPECT_EQ(got.reason, POLICY_SURPLUS);
}

TEST(Requests, beyond_it_are_refused_when_others_need_them) {
    Pool pool = two_equals(4000, 4000);
    policy_action const got = answer(pool, 0, 4);
    EXPECT_EQ(got.answer, POLICY_NOT);
    EXPECT_EQ(got.reason, POLICY_SHORTAGE);
    EXPECT_EQ(got.processors, 2u);
}

TEST(Requests, are_granted_partly_when_that_is_of_use) {
    Pool pool{4};
    pool.add(256, 1);
    pool.add(256, 2);
    pool.busy(0, 1000);
    pool.busy(1, 2000);
    pool.steps(50);
    policy_action const got = answer(pool, 0, 4);
    EXPECT_EQ(got.answer, POLICY_PARTLY);
    EXPECT_EQ(got.processors, 2u);
    Pool other{4};
    other.add(256, 1);
    other.add(256, 2);
    other.busy(0, 1000);
    other.busy(1, 2000);
    for (int i = 0; i < 50; ++i)
        other.step();
    EXPECT_EQ(answer(other, 0, 4, 4).answer, POLICY_NOT);
}

TEST(Requests, of_who_has_idle_vcpus_are_refused) {
    Pool pool{4};
    pool.add(256, 2);
    pool.busy(0, 300);
    pool.steps(50);
    policy_action const got = answer(pool, 0, 8);
    EXPECT_NE(got.answer, POLICY_GRANTED);
    EXPECT_LE(got.processors, 4u); // alone it is entitled to all four, and to no more
}

TEST(Requests, come_later_while_another_s_need_fades) {
    Pool pool{2};
    pool.add(256, 1);
    pool.add(256, 1);
    pool.busy(0, 2000);
    pool.busy(1, 1000);
    pool.steps(50);
    pool.busy(1, 0);
    pool.step();
    policy_action const got = answer(pool, 0, 2);
    EXPECT_EQ(got.answer, POLICY_LATER);
    EXPECT_GT(got.until, pool.state.now);
    policy_action const* const offer = pool.step_to(POLICY_OFFER, 0);
    ASSERT_NE(offer, nullptr);
    EXPECT_EQ(offer->processors, 2u);
}

TEST(Requests, that_make_no_sense_are_refused_and_answered) {
    Pool pool{4};
    pool.add(256, 1);
    for (policy_request const& request :
         {policy_request{1, 0, 0, 0, 0, 0}, policy_request{1, 65, 1, 0, 0, 0},
          policy_request{1, 2, 3, 0, 0, 0}, policy_request{1, 2, 1, 0, 1, 0},
          policy_request{1, 2, 1, 0, 0, 1}, policy_request{1, UINT32_MAX, 1, 0, 0, 0}}) {
        pool[0].inbox.requests[0] = request;
        pool[0].inbox.request_count = 1;
        pool.step();
        ASSERT_NE(pool.find(POLICY_ANSWER, 0), nullptr);
        EXPECT_EQ(pool.find(POLICY_ANSWER, 0)->reason, POLICY_BAD_REQUEST);
    }
}

TEST(Requests, in_a_flood_are_answered_without_a_thought) {
    Pool pool{4};
    pool.add(256, 1);
    unsigned refused = 0;
    for (int i = 0; i < 50; ++i) {
        for (uint32_t j = 0; j < POLICY_MOST_REQUESTS; ++j)
            pool.request(0, 1, 1, j);
        pool.step(millisecond);
        unsigned answers = 0;
        for (policy_action const& action : pool.actions) {
            answers += action.kind == POLICY_ANSWER;
            refused += action.kind == POLICY_ANSWER && action.reason == POLICY_TOO_MANY_REQUESTS;
        }
        EXPECT_EQ(answers, uint32_t{POLICY_MOST_REQUESTS});
    }
    EXPECT_EQ(refused, 200 - pool.state.tuning.request_limit);
}

TEST(Requests, whole_processors_are_a_reason) {
    Pool pool{3, POLICY_CHARACTERISTICS};
    pool.add(256, 1);
    pool.add(256, 3);
    pool.busy(0, 3000, POLICY_LOAD_BARRIERS);
    pool.busy(1, 3000);
    pool.steps(50);
    policy_action const got = answer(pool, 0, 2);
    EXPECT_EQ(got.answer, POLICY_NOT);
    EXPECT_EQ(got.reason, POLICY_WHOLE_PROCESSORS);
}

TEST(Requests, after_a_release_get_it_back_at_once) {
    Pool pool = two_equals(2000, 4000);
    pool[0].inbox.released = 1;
    pool[0].measured.online = 1;
    pool.busy(0, 100);
    pool.steps(100);
    EXPECT_EQ(pool[0].memory.allocated, 1u);
    EXPECT_EQ(pool[0].memory.entitlement, 2000u);
    EXPECT_EQ(answer(pool, 0, 2).answer, POLICY_GRANTED);
}

TEST(Answers, between_steps_are_those_of_a_step) {
    for (uint32_t wanted = 1; wanted <= 4; ++wanted) {
        auto const prepared = [] {
            Pool pool{4};
            pool.add(256, 1);
            pool.add(256, 2);
            pool.busy(0, 1000);
            pool.busy(1, 2000);
            pool.steps(50);
            return pool;
        };
        Pool pool = prepared(), stepped = prepared();
        pool.state.domains = &pool[0];
        stepped.state.domains = &stepped[0];
        policy_action const expected = answer(stepped, 0, wanted);
        pool.request(0, wanted, 1, 42);
        ASSERT_EQ(pool.answer(0), POLICY_OK);
        ASSERT_EQ(pool.actions.size(), 1u);
        EXPECT_EQ(pool.actions[0].number, 42u);
        EXPECT_EQ(pool.actions[0].answer, expected.answer) << wanted;
        EXPECT_EQ(pool.actions[0].reason, expected.reason) << wanted;
        EXPECT_EQ(pool.actions[0].processors, expected.processors) << wanted;
        EXPECT_EQ(pool[0].inbox.request_count, 0u);
    }
}

TEST(Answers, between_steps_give_nothing_away_twice) {
    Pool pool{6};
    for (int i = 0; i < 3; ++i) {
        pool.add(256, 1);
        pool.busy(static_cast<size_t>(i), 1000);
    }
    pool.steps(50);
    EXPECT_EQ(pool.state.spare, 3000u);
    uint32_t given = 0;
    for (size_t i = 0; i < 3; ++i) {
        pool.request(i, 4, 1);
        ASSERT_EQ(pool.answer(i), POLICY_OK);
        given += pool[i].memory.allocated - 1;
    }
    // The first takes all that is left over; the others have what they are entitled to.
    EXPECT_EQ(pool[0].memory.allocated, 4u);
    EXPECT_EQ(pool[1].memory.allocated, 2u);
    EXPECT_EQ(pool[2].memory.allocated, 2u);
    EXPECT_EQ(given, 5u);
    EXPECT_EQ(pool.state.spare, 0u);
}

// Or a guest would be measured at moments of its own choice.
TEST(Answers, between_steps_measure_nobody) {
    Pool pool = two_equals(200, 2000);
    policy_memory const before = pool[0].memory, other = pool[1].memory;
    pool[0].measured.runnable = 2000; // just now
    pool[0].measured.processor_time += 50 * millisecond;
    for (int i = 0; i < 20; ++i) {
        pool.request(0, 2);
        ASSERT_EQ(pool.answer(0), POLICY_OK);
    }
    EXPECT_EQ(pool[0].memory.runnable, before.runnable);
    EXPECT_EQ(pool[0].memory.demand, before.demand);
    EXPECT_EQ(pool[0].memory.use, before.use);
    EXPECT_EQ(pool[0].memory.balance, before.balance);
    EXPECT_EQ(std::memcmp(&pool[1].memory, &other, sizeof(other)), 0);
}

// Its VCPUs had been asleep, and have just begun to work: by the VMM's count, not by its word.
TEST(Answers, between_steps_go_by_what_is_counted_now) {
    for (bool const awake : {false, true}) {
        Pool pool{4};
        pool.add(256, 1);
        pool.add(768, 1); // entitled to three of them
        pool.busy(0, 0);
        pool.busy(1, 0);
        pool.steps(50);
        pool.request(0, 4);
        pool[0].measured.runnable = awake ? 1000 : 0;
        pool[0].measured.active = awake;
        ASSERT_EQ(pool.answer(0), POLICY_OK);
        EXPECT_EQ(pool.actions.at(0).answer, awake ? POLICY_GRANTED : POLICY_NOT);
    }
}

TEST(Answers, count_releases_that_came_before) {
    Pool pool = two_equals(2000, 4000);
    pool[0].inbox.released = 1;
    pool[0].measured.online = 1;
    pool.request(0, 2);
    ASSERT_EQ(pool.answer(0), POLICY_OK);
    EXPECT_EQ(pool.actions.at(0).reason, POLICY_WITHIN_SHARE);
    EXPECT_EQ(pool[0].memory.allocated, 2u);
    EXPECT_EQ(pool[0].inbox.released, 0u);
}

TEST(Answers, are_not_taken_back_by_the_step_that_follows) {
    Pool pool{2};
    pool.add(256, 1);
    pool.add(256, 2);
    pool.busy(0, 0);
    pool.busy(1, 2000);
    pool.steps(100);
    pool.busy(0, 1000);
    policy_action const* const reclaim = pool.step_to(POLICY_RECLAIM, 1);
    ASSERT_NE(reclaim, nullptr);
    uint32_t const number = reclaim->number;
    pool.busy(0, 0); // and goes again
    pool.state.spare = 2000;
    pool[1].memory.allocated = 1;
    pool.request(1, 2);
    ASSERT_EQ(pool.answer(1), POLICY_OK);
    ASSERT_EQ(pool.actions.at(0).answer, POLICY_GRANTED);
    pool.step();
    ASSERT_NE(pool.find(POLICY_WITHDRAW, 1), nullptr);
    EXPECT_EQ(pool.find(POLICY_WITHDRAW, 1)->number, number);
    EXPECT_EQ(pool.find(POLICY_RECLAIM, 1), nullptr);
}

TEST(Answers, are_for_domains_that_a_step_has_seen) {
    Pool pool{2};
    pool.add();
    pool.request(0, 2);
    EXPECT_EQ(pool.answer(0), POLICY_NEW_DOMAIN);
    EXPECT_EQ(pool[0].inbox.request_count, 1u);
    EXPECT_EQ(pool.answer(1), POLICY_BAD_HOST);
    pool.step();
    pool.request(0, 2);
    pool[0].config.minimum = 0;
    EXPECT_EQ(pool.answer(0), POLICY_BAD_DOMAIN);
    pool[0].config.minimum = 1;
    uint32_t count = 0;
    EXPECT_EQ(policy_answer(&pool.state, 0, pool.actions.data(), 1, &count), POLICY_NO_ROOM);
    pool.state.last = pool.state.now + 1;
    EXPECT_EQ(pool.answer(0, 0), POLICY_CLOCK_BACK);
    EXPECT_EQ(pool[0].inbox.request_count, 1u);
}

} // namespace
