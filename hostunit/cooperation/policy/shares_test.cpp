// SPDX-License-Identifier: MIT
#include "pool.hpp"

#include <numeric>

namespace {

using lavandin::test::millisecond;
using lavandin::test::Pool;

// Nobody is asked anything back: who did not follow would be held to its entitlement.
void settle(Pool& pool, int steps = 100) {
    for (size_t i = 0; i < pool.size(); ++i)
        pool[i].config.capabilities &= ~uint32_t{POLICY_GIVES_BACK};
    for (int i = 0; i < steps; ++i)
        pool.step();
}

TEST(Shares, entitlement_is_capacity_by_weight_whatever_number_of_vcpus) {
    Pool pool{4};
    pool.add(256, 1);
    pool.add(256, 8);
    pool.add(512, 3);
    pool.step();
    EXPECT_EQ(pool[0].memory.entitlement, 1000u);
    EXPECT_EQ(pool[1].memory.entitlement, 1000u);
    EXPECT_EQ(pool[2].memory.entitlement, 2000u);
}

TEST(Shares, what_one_does_not_want_goes_to_the_others_by_weight) {
    Pool pool{8};
    pool.add(100, 8);
    pool.add(100, 8);
    pool.add(200, 8);
    pool.busy(0, 0);
    pool.busy(1, 8000);
    pool.busy(2, 8000);
    settle(pool);
    EXPECT_LE(pool[0].memory.share, 2u);
    EXPECT_NEAR(pool[1].memory.share, 2667, 10);
    EXPECT_NEAR(pool[2].memory.share, 5333, 10);
}

TEST(Shares, nobody_gets_less_than_what_it_wants_of_its_entitlement) {
    Pool pool{3};
    pool.add(100, 4);
    pool.add(100, 4);
    pool.add(100, 4);
    pool.busy(0, 700);
    pool.busy(1, 4000);
    pool.busy(2, 4000);
    settle(pool);
    EXPECT_NEAR(pool[0].memory.share, 700, 5);
    EXPECT_NEAR(pool[1].memory.share, 1150, 10);
    uint32_t const sum = pool[0].memory.share + pool[1].memory.share + pool[2].memory.share;
    EXPECT_LE(sum, 3000u);
    EXPECT_GE(sum, 2990u);
}

TEST(Shares, of_who_is_held_to_its_entitlement_are_no_more_and_the_rest_is_for_the_others) {
    Pool pool{2};
    pool.add(256, 2);
    pool.add(256, 2);
    pool.add(256, 1); // rests
    pool.busy(0, 2000);
    pool.busy(1, 2000);
    pool[1].config.capabilities &= ~uint32_t{POLICY_GIVES_BACK};
    ASSERT_NE(pool.step_to(POLICY_ENFORCE, 0), nullptr);
    pool.steps(200);
    EXPECT_LE(pool[0].memory.share, 667u);
    EXPECT_GE(pool[1].memory.share, 1300u);
    EXPECT_EQ(pool[1].memory.target, 2u);
}

TEST(Shares, claims_beyond_idle_vcpus_are_not_believed) {
    Pool pool{8};
    pool.add(256, 4);
    pool.busy(0, 8000);
    pool[0].measured.runnable = 500; // of 4000
    settle(pool);
    EXPECT_LE(pool[0].memory.demand, 800u);
}

TEST(Shares, a_stale_report_counts_as_none) {
    Pool pool{8};
    pool.add(256, 2);
    pool.busy(0, 8000);
    settle(pool);
    EXPECT_GT(pool[0].memory.demand, 7000u);
    pool[0].report.time = 0;
    settle(pool);
    EXPECT_LE(pool[0].memory.demand, 3000u);
}

TEST(Shares, static_gives_the_entitlement_and_no_more) {
    Pool pool{4, POLICY_STATIC};
    pool.add(256, 1);
    pool.add(256, 4);
    pool.busy(0, 8000);
    pool.busy(1, 0);
    ASSERT_NE(pool.step_to(POLICY_OFFER, 0), nullptr);
    EXPECT_EQ(pool[0].memory.allocated, 2u);
    ASSERT_NE(pool.find(POLICY_RECLAIM, 1), nullptr);
    EXPECT_EQ(pool.find(POLICY_RECLAIM, 1)->processors, 2u);
}

TEST(Shares, barriers_get_whole_processors_and_others_what_is_left_over) {
    for (policy_load const load : {POLICY_LOAD_BARRIERS, POLICY_LOAD_LOCKS}) {
        Pool pool{3, POLICY_CHARACTERISTICS};
        pool.add(256, 3);
        pool.add(256, 3);
        pool.busy(0, 3000, load);
        pool.busy(1, 3000);
        settle(pool);
        EXPECT_EQ(pool[0].memory.target, 1u) << load;
        EXPECT_EQ(pool[1].memory.target, 2u) << load;
        EXPECT_NEAR(pool[1].memory.share, 2000, 10) << load;
    }
}

TEST(Shares, a_proportional_policy_does_not_care_for_kinds_of_load) {
    Pool pool{3};
    pool.add(256, 3);
    pool.add(256, 3);
    pool.busy(0, 3000, POLICY_LOAD_BARRIERS);
    pool.busy(1, 3000);
    settle(pool);
    EXPECT_EQ(pool[0].memory.target, 2u);
}

TEST(Shares, an_interactive_domain_has_a_spare_vcpu_and_quick_answers) {
    Pool pool{2, POLICY_CHARACTERISTICS};
    pool.add(256, 1);
    pool.add(256, 2);
    pool.state.rate_limit = 1000;
    pool.busy(0, 100, POLICY_LOAD_INTERACTIVE);
    pool.busy(1, 2000);
    pool.step();
    ASSERT_NE(pool.find(POLICY_SET_RATE_LIMIT, 0), nullptr);
    EXPECT_EQ(pool.find(POLICY_SET_RATE_LIMIT, 0)->value, pool.state.tuning.quick);
    pool.state.rate_limit = pool.state.tuning.quick;
    settle(pool, 20);
    EXPECT_EQ(pool[0].memory.target, 2u);
    pool.busy(0, 0, POLICY_LOAD_IDLE);
    pool.step(1500 * millisecond);
    ASSERT_NE(pool.find(POLICY_SET_RATE_LIMIT, 0), nullptr);
    EXPECT_EQ(pool.find(POLICY_SET_RATE_LIMIT, 0)->value, pool.state.tuning.rate_limit);
}

TEST(Shares, who_rested_or_waits_for_devices_answers_quickly_too) {
    for (policy_load const load : {POLICY_LOAD_IDLE, POLICY_LOAD_IO_BOUND}) {
        Pool pool{1, POLICY_CHARACTERISTICS};
        pool.add(256, 1);
        pool.add(256, 2);
        pool.state.rate_limit = 1000;
        pool.busy(0, 100, load);
        pool.busy(1, 2000);
        settle(pool, 20);
        ASSERT_NE(pool.find(POLICY_SET_RATE_LIMIT, 0), nullptr);
        EXPECT_EQ(pool.find(POLICY_SET_RATE_LIMIT, 0)->value, 0u);
        EXPECT_GT(pool[0].measured.weight, 4 * pool[1].measured.weight);
    }
}

// Else those that rested, and weigh more when they begin, keep it from running, and with it the one
// who would tell them apart.
TEST(Shares, who_serves_the_others_weighs_as_much_as_who_answers) {
    Pool pool{2, POLICY_CHARACTERISTICS};
    pool.add(256, 2);
    pool.add(256, 2);
    pool[0].config.capabilities = POLICY_SERVES;
    pool.state.rate_limit = 1000;
    pool.busy(0, 50);
    pool.busy(1, 0, POLICY_LOAD_IDLE);
    settle(pool, 20);
    EXPECT_EQ(pool[0].measured.weight, pool[1].measured.weight);
    EXPECT_EQ(pool.state.rate_limit, 1000u) << "that is for guests that answer";
    uint32_t const before = pool[0].measured.weight;
    pool.busy(0, 1000);
    settle(pool, 20);
    EXPECT_EQ(pool[0].measured.weight, before) << "up to its entitlement";
    pool.busy(0, 2000);
    settle(pool, 20);
    EXPECT_LT(pool[0].measured.weight, pool[1].measured.weight);
    pool.busy(0, 50);
    pool.busy(1, 2000, POLICY_LOAD_THROUGHPUT);
    settle(pool, 20);
    EXPECT_LT(pool[0].measured.weight, before / 2) << "there is nobody left who weighs more";
}

TEST(Shares, what_an_answering_domain_weighs_more_ends_with_its_entitlement) {
    uint32_t before = POLICY_MOST_WEIGHT;
    for (uint32_t const use : {100U, 300U, 400U, 450U, 600U}) {
        Pool pool{1, POLICY_CHARACTERISTICS};
        pool.add(256, 1);
        pool.add(256, 1);
        pool.busy(0, use, POLICY_LOAD_INTERACTIVE);
        pool.busy(1, 1000);
        settle(pool, 20);
        EXPECT_LT(pool[0].measured.weight, before) << use;
        before = pool[0].measured.weight;
    }
}

TEST(Shares, a_rate_limit_that_cannot_be_set_is_left_alone) {
    Pool pool{1, POLICY_CHARACTERISTICS};
    pool.add(256, 1);
    pool.state.rate_limit = POLICY_CANNOT_SET;
    pool.busy(0, 100, POLICY_LOAD_INTERACTIVE);
    pool.step();
    EXPECT_EQ(pool.find(POLICY_SET_RATE_LIMIT, 0), nullptr);
}

TEST(Shares, the_operators_cap_and_ceiling_bound_it) {
    Pool pool{8};
    pool.add(256, 8);
    pool.add(256, 2, 2);
    pool[0].config.cap_percent = 250;
    pool.busy(0, 8000);
    pool.busy(1, 8000);
    settle(pool);
    EXPECT_LE(pool[0].memory.share, 2500u);
    EXPECT_EQ(pool[0].memory.target, 3u);
    EXPECT_EQ(pool[1].memory.target, 2u);
}

TEST(Step, says_what_is_wrong_and_changes_nothing) {
    Pool pool{2};
    pool.add();
    pool.step();
    policy_action actions[POLICY_ACTIONS_PER_DOMAIN];
    uint32_t count = 77;
    auto const status = [&](auto change, uint32_t room = POLICY_ACTIONS_PER_DOMAIN) {
        policy_state state = pool.state;
        policy_domain domain = pool[0];
        state.domains = &domain;
        state.now += 1;
        change(state, domain);
        return policy_step(&state, actions, room, &count);
    };
    EXPECT_EQ(status([](auto&, auto&) {}, POLICY_ACTIONS_PER_DOMAIN - 1), POLICY_NO_ROOM);
    EXPECT_EQ(status([](auto& state, auto&) { state.processors = 0; }), POLICY_BAD_HOST);
    EXPECT_EQ(status([](auto& state, auto&) { state.kind = 9; }), POLICY_BAD_HOST);
    EXPECT_EQ(status([](auto& state, auto&) { state.now = 3; }), POLICY_CLOCK_BACK);
    EXPECT_EQ(status([](auto&, auto& domain) { domain.config.weight = 0; }), POLICY_BAD_DOMAIN);
    EXPECT_EQ(status([](auto&, auto& domain) { domain.config.weight = 65536; }), POLICY_BAD_DOMAIN);
    EXPECT_EQ(status([](auto&, auto& domain) { domain.config.minimum = 9; }), POLICY_BAD_DOMAIN);
    EXPECT_EQ(status([](auto&, auto& domain) { domain.config.ceiling = 65; }), POLICY_BAD_DOMAIN);
    EXPECT_EQ(count, 77u);
    EXPECT_EQ(status([](auto&, auto&) {}), POLICY_OK);
    EXPECT_NE(count, 77u);
}

} // namespace
