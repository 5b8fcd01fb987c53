// SPDX-License-Identifier: MIT
#include <lavandin/interrupt_pace.hpp>

#include <gtest/gtest.h>

namespace {

using lavandin::Interrupt_pace;

TEST(Interrupt_pace, a_storm_is_let_through_in_parts) {
    Interrupt_pace pace;
    uint64_t now = 1'000'000'000;
    uint64_t const end = now + 1'000'000'000;
    unsigned taken = 0;
    for (; now < end; ++taken) // the next one always waits already
        now = pace.next(now) + 1000;
    EXPECT_LE(taken, 101 * Interrupt_pace::in_window);
    EXPECT_GE(taken, 90 * Interrupt_pace::in_window);
}

TEST(Interrupt_pace, ordinary_interrupts_do_not_wait) {
    Interrupt_pace pace;
    for (uint64_t now = 5; now < 1'000'000'000; now += 1'000'000)
        EXPECT_EQ(pace.next(now), now);
}

TEST(Interrupt_pace, the_one_that_waits_is_let_through_with_the_next_window) {
    Interrupt_pace pace;
    uint64_t const now = 7'000'000'000;
    for (unsigned i = 1; i < Interrupt_pace::in_window; ++i)
        EXPECT_EQ(pace.next(now + i), now + i);
    EXPECT_EQ(pace.next(now + 100), now + 1 + Interrupt_pace::window);
    EXPECT_EQ(pace.next(now + 1 + Interrupt_pace::window), now + 1 + Interrupt_pace::window);
}

} // namespace
