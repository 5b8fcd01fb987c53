// SPDX-License-Identifier: MIT
#include "pool.hpp"

#include <cmath>

namespace {

using lavandin::test::Pool;

// The share that credit2 gives a domain: weight of a VCPU times runnable VCPUs, of the sum.
double share(Pool& pool, size_t index) {
    double sum = 0;
    for (size_t i = 0; i < pool.size(); ++i)
        sum += 1.0 * pool[i].measured.weight * pool[i].measured.online;
    return 1.0 * pool[index].measured.weight * pool[index].measured.online / sum;
}

// All VCPUs of all domains are runnable, and each domain gets what it is entitled to.
void settle(Pool& pool) {
    for (size_t i = 0; i < pool.size(); ++i)
        pool.busy(i, pool[i].measured.online * POLICY_WHOLE);
    for (int i = 0; i < 100; ++i) {
        uint64_t const before = pool.state.now;
        pool.step();
        for (size_t j = 0; j < pool.size(); ++j) { // the fixture lets all of them run
            policy_domain& domain = pool[j];
            uint64_t const passed = pool.state.now - before;
            domain.measured.processor_time -= passed * domain.measured.online;
            domain.measured.processor_time += passed * domain.memory.entitlement / POLICY_WHOLE;
        }
    }
}

TEST(Weights, times_runnable_vcpus_is_the_same_whatever_their_number) {
    Pool pool{1};
    pool.add(256, 1);
    pool.add(256, 2);
    pool.add(512, 7);
    settle(pool);
    EXPECT_NEAR(share(pool, 0), 0.25, 0.0025);
    EXPECT_NEAR(share(pool, 1), 0.25, 0.0025);
    EXPECT_NEAR(share(pool, 2), 0.50, 0.0050);
}

TEST(Weights, rounding_costs_less_than_a_percent) {
    for (uint32_t const weight : {1u, 2u, 100u, 256u, 1000u, 32768u, 65535u})
        for (uint32_t const ratio : {1u, 2u, 5u, 10u, 20u})
            for (uint32_t const vcpus : {1u, 3u, 7u, 13u, 64u}) {
                if (weight * ratio > POLICY_MOST_WEIGHT)
                    continue;
                Pool pool{1};
                pool.add(weight * ratio, 1, 64);
                pool.add(weight, vcpus, 64);
                settle(pool);
                double const fair = 1.0 / (ratio + 1);
                EXPECT_NEAR(share(pool, 1) / fair, 1.0, 0.01)
                    << weight << " x " << ratio << ", " << vcpus << " VCPUs";
                EXPECT_NEAR(share(pool, 0) / (1 - fair), 1.0, 0.01);
            }
}

TEST(Weights, beyond_what_xen_can_express_the_error_is_small_for_the_host) {
    Pool pool{1};
    pool.add(65535, 1, 64);
    pool.add(1, 64, 64);
    settle(pool);
    EXPECT_LT(share(pool, 1), 0.001);
    EXPECT_GE(pool[1].measured.weight, 1u);
}

TEST(Weights, of_others_stay_when_one_changes_its_number) {
    Pool pool{2};
    pool.add(256, 1);
    pool.add(256, 2);
    pool.add(256, 2);
    settle(pool);
    uint32_t const before = pool[2].measured.weight;
    pool[1].measured.online = 1;
    settle(pool);
    EXPECT_NEAR(pool[2].measured.weight, before, before * 0.005);
}

TEST(Weights, the_report_does_not_change_them) {
    uint32_t weights[2];
    for (uint32_t const claim : {0u, 64000u}) {
        Pool pool{1};
        pool.add(256, 2);
        pool.add(256, 2);
        for (int i = 0; i < 50; ++i) {
            pool.busy(0, 2000);
            pool[0].report.demand = claim;
            pool[0].report.runnable_threads = claim;
            pool.busy(1, 2000);
            pool.step();
        }
        weights[claim != 0] = pool[0].measured.weight;
    }
    EXPECT_EQ(weights[0], weights[1]);
}

TEST(Weights, are_not_set_again_without_need) {
    Pool pool{1};
    pool.add(256, 2);
    pool.add(256, 1);
    settle(pool);
    for (int i = 0; i < 100; ++i) {
        settle(pool);
        EXPECT_EQ(pool.find(POLICY_SET_WEIGHT, 0), nullptr);
    }
}

TEST(Weights, make_good_what_a_domain_got_too_little) {
    Pool pool{1};
    pool.add(256, 1);
    pool.add(256, 1);
    pool.busy(0, 1000);
    pool.busy(1, 1000);
    uint32_t time[2] = {300, 700};
    for (int i = 0; i < 100; ++i) {
        pool.step();
        for (size_t j : {0U, 1U})
            pool[j].measured.processor_time -= 10'000'000ull * (1000 - time[j]) / 1000;
    }
    EXPECT_GT(pool[0].measured.weight, pool[1].measured.weight * 3 / 2);
}

} // namespace
