// SPDX-License-Identifier: MIT
// Who runs, and for how long.
#include "kernel_test.hpp"

namespace kernel {
namespace {

using namespace abi;

constexpr Time slice = 10'000'000;

class Scheduler : public Kernel_test {
protected:
    Time now() const { return fake::platform().now; }
    Time programmed() const { return fake::own().programmed; }
    static Time running_time(Thread const& thread) { return thread.account->time[0]; }
};

TEST_F(Scheduler, an_only_thread_needs_no_timer) {
    EXPECT_EQ(programmed(), never);
    call(Call::thread_yield);
    EXPECT_EQ(current(), &root());
    EXPECT_EQ(programmed(), never);
}

TEST_F(Scheduler, nobody_ready_is_idle_and_sets_no_timer) {
    call(Call::thread_sleep, {forever});
    EXPECT_TRUE(idle());
    EXPECT_EQ(programmed(), never);
}

TEST_F(Scheduler, equals_share_by_slices) {
    Child const child = spawn();
    EXPECT_EQ(current(), &root());
    EXPECT_LE(programmed(), now() + slice);
    advance(slice);
    EXPECT_EQ(current(), child.thread.get());
    EXPECT_LE(programmed(), now() + slice);
    advance(slice);
    EXPECT_EQ(current(), &root());
}

TEST_F(Scheduler, a_thread_of_higher_priority_runs_at_once_and_alone) {
    Child const child = spawn(child_bytes, 3);
    EXPECT_EQ(current(), &root());
    advance(10 * slice);
    EXPECT_EQ(current(), &root()) << "a lower one never runs beside it";
    call(Call::thread_set_priority, {0, 2});
    EXPECT_EQ(current(), child.thread.get());
    advance(10 * slice);
    EXPECT_EQ(current(), child.thread.get());
}

TEST_F(Scheduler, priority_is_never_above_the_callers) {
    Child const child = spawn(child_bytes, 3);
    EXPECT_EQ(call(Call::thread_set_priority, {0, default_priority + 1}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::thread_set_priority, {child.thread_slot, default_priority + 1}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::thread_set_priority, {child.thread_slot, ~uint64_t{0}}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::thread_set_priority, {child.thread_slot, default_priority}).error,
              Error::none);
    run(*child.thread);
}

TEST_F(Scheduler, sleeping_lasts_until_the_deadline) {
    Time const begin = now();
    call(Call::thread_sleep, {begin + 1000});
    EXPECT_TRUE(idle());
    EXPECT_EQ(programmed(), begin + 1000);
    advance(999);
    EXPECT_TRUE(idle());
    advance(1);
    EXPECT_EQ(current(), &root());
    EXPECT_EQ(answer_of(root()).error, Error::none);
    EXPECT_EQ(programmed(), never);
}

TEST_F(Scheduler, sleeping_until_the_past_does_not_wait) {
    Child const child = spawn();
    EXPECT_EQ(call(Call::thread_sleep, {now()}).error, Error::none);
    EXPECT_EQ(current(), &root());
}

TEST_F(Scheduler, sleepers_wake_in_the_order_of_their_deadlines) {
    Child const process = spawn();
    std::vector<Child> sleepers;
    for (uint64_t i = 0; i < 8; ++i)
        sleepers.push_back(spawn_thread(process, i + 1));
    Time const begin = now();
    for (uint64_t i = 0; i < 8; ++i) {
        run(*sleepers[i].thread);
        call(Call::thread_sleep, {begin + 100 + (i * 5 % 8) * 10});
    }
    run(*process.thread);
    call(Call::thread_sleep, {forever});
    run(root());
    call(Call::thread_sleep, {forever});
    ASSERT_TRUE(idle());
    for (uint64_t turn = 0; turn < 8; ++turn) {
        EXPECT_EQ(programmed(), begin + 100 + turn * 10);
        advance(programmed() - now());
        ASSERT_FALSE(idle());
        EXPECT_EQ(current(), sleepers[turn * 5 % 8].thread.get()); // 5 is its own inverse
        call(Call::thread_sleep, {forever});
    }
}

TEST_F(Scheduler, time_used_is_accounted_to_the_thread_that_ran) {
    Child const child = spawn();
    run(root());
    Time const before = running_time(root());
    advance(slice / 2);
    call(Call::thread_yield);
    EXPECT_EQ(running_time(root()) - before, slice / 2);
    Time const mine = running_time(*child.thread);
    advance(slice / 4);
    run(root());
    EXPECT_EQ(running_time(*child.thread) - mine, slice / 4);
}

TEST_F(Scheduler, a_slice_that_was_interrupted_goes_on) {
    Child const high = spawn(child_bytes, default_priority);
    run(*high.thread);
    call(Call::thread_sleep, {now() + slice / 2});
    run(root());
    Child const equal = spawn();
    Time const left = root().slice_left;
    advance(slice / 2); // the sleeper is ready again, as an equal
    EXPECT_EQ(current(), &root()) << "half a slice is left";
    EXPECT_LT(root().slice_left, left);
    advance(slice / 2);
    EXPECT_NE(current(), &root());
}

} // namespace
} // namespace kernel
