// SPDX-License-Identifier: MIT
#include <servers/init/restart_policy.hpp>

#include <gtest/gtest.h>

namespace {

using lavandin::init::Restart_policy;

constexpr uint64_t start = 1'000'000'000;

TEST(Restart_policy, pauses_double_and_then_it_is_given_up) {
    Restart_policy policy;
    uint64_t now = start;
    uint64_t const pauses[] = {0, 50'000'000, 100'000'000, 200'000'000, 400'000'000};
    for (uint64_t const pause : pauses) {
        policy.started(now);
        EXPECT_EQ(policy.ended(now + 5, false), now + 5 + pause);
        now += pause + 5;
    }
    policy.started(now);
    EXPECT_EQ(policy.ended(now, false), Restart_policy::never);
}

TEST(Restart_policy, one_that_ran_for_a_while_begins_anew) {
    Restart_policy policy;
    for (int i = 0; i < 20; ++i) {
        policy.started(start);
        EXPECT_EQ(policy.ended(start + Restart_policy::steady, false),
                  start + Restart_policy::steady);
        EXPECT_EQ(policy.failures(), 1u);
    }
}

TEST(Restart_policy, lack_of_memory_is_waited_for_and_no_failure) {
    Restart_policy policy;
    uint64_t now = start;
    uint64_t longest = 0;
    for (unsigned i = 0; i < 100; ++i) {
        EXPECT_EQ(policy.shortages(), i);
        uint64_t const next = policy.lacked_memory(now);
        ASSERT_GE(next, now + Restart_policy::first_pause);
        ASSERT_GE(next - now, longest);
        longest = next - now;
        now = next;
    }
    EXPECT_LE(longest, 1'000'000'000u);
    policy.started(now);
    EXPECT_EQ(policy.shortages(), 0u);
    EXPECT_EQ(policy.ended(now + 1, false), now + 1); // at once: its first failure
}

TEST(Restart_policy, being_ended_on_purpose_is_no_failure) {
    Restart_policy policy;
    for (int i = 0; i < 20; ++i) {
        policy.started(start);
        EXPECT_EQ(policy.ended(start + 1, true), start + 1);
    }
    EXPECT_EQ(policy.failures(), 0u);
}

} // namespace
