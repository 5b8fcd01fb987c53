// SPDX-License-Identifier: MIT
#include "pool.hpp"

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

TEST(Requests, within_the_entitlement_are_granted_at_once_whatever_others_do) {
    Pool pool{4};
    pool.add(256, 1);
    pool.add(256, 4);
    pool.busy(0, 1000);
    pool.busy(1, 4000);
    for (int i = 0; i < 50; ++i)
        pool.step();
    policy_action const got = answer(pool, 0, 2);
    EXPECT_EQ(got.answer, POLICY_GRANTED);
    EXPECT_EQ(got.reason, POLICY_WITHIN_SHARE);
    EXPECT_EQ(pool[0].memory.allocated, 2u);
}

TEST(Requests, beyond_it_they_get_what_others_do_not_need) {
    Pool pool{4};
    pool.add(256, 2);
    pool.add(256, 2);
    pool.busy(0, 2000);
    pool.busy(1, 0);
    for (int i = 0; i < 50; ++i)
        pool.step();
    policy_action const got = answer(pool, 0, 4);
    EXPECT_EQ(got.answer, POLICY_GRANTED);
    EXPECT_EQ(got.reason, POLICY_SURPLUS);
}

TEST(Requests, beyond_it_are_refused_when_others_need_them) {
    Pool pool{4};
    pool.add(256, 2);
    pool.add(256, 2);
    pool.busy(0, 4000);
    pool.busy(1, 4000);
    for (int i = 0; i < 50; ++i)
        pool.step();
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
    for (int i = 0; i < 50; ++i)
        pool.step();
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
    for (int i = 0; i < 50; ++i)
        pool.step();
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
    for (int i = 0; i < 50; ++i)
        pool.step();
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
    for (int i = 0; i < 50; ++i)
        pool.step();
    policy_action const got = answer(pool, 0, 2);
    EXPECT_EQ(got.answer, POLICY_NOT);
    EXPECT_EQ(got.reason, POLICY_WHOLE_PROCESSORS);
}

TEST(Requests, after_a_release_get_it_back_at_once) {
    Pool pool{4};
    pool.add(256, 2);
    pool.add(256, 2);
    pool.busy(0, 2000);
    pool.busy(1, 4000);
    for (int i = 0; i < 50; ++i)
        pool.step();
    pool[0].inbox.released = 1;
    pool[0].measured.online = 1;
    pool.busy(0, 100);
    for (int i = 0; i < 100; ++i)
        pool.step();
    EXPECT_EQ(pool[0].memory.allocated, 1u);
    EXPECT_EQ(pool[0].memory.entitlement, 2000u);
    EXPECT_EQ(answer(pool, 0, 2).answer, POLICY_GRANTED);
}

} // namespace
