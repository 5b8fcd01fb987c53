// SPDX-License-Identifier: MIT
// What each module promises: who runs when, and who never starves.
#include "scheduling_simulation.hpp"
#include <algorithm>
#include <cmath>
#include <random>

namespace kernel {
namespace {

constexpr unsigned fixed = abi::fixed_priority_class;
constexpr unsigned share = abi::share_class;
constexpr unsigned free_class = abi::first_free_class;
constexpr Time fixed_slice = 10 * millisecond;
constexpr Time share_slice = 6 * millisecond;

class Policies : public testing::Test, public Simulation {};

TEST_F(Policies, a_higher_priority_runs_first_and_alone) {
    Schedulable& low = busy(fixed, 3);
    Schedulable& high = busy(fixed, 9);
    Schedulable& middle = busy(fixed, 5);
    run_for(second);
    EXPECT_EQ(times[&high], second);
    EXPECT_EQ(block(), &high);
    EXPECT_EQ(choose(), &middle);
    block();
    EXPECT_EQ(choose(), &low);
}

TEST_F(Policies, an_only_thread_has_no_limit_and_a_lower_one_sets_none) {
    Schedulable& high = busy(fixed, 9);
    EXPECT_EQ(choose(), &high);
    EXPECT_EQ(classes.limit(high, now), never);
    wake(thread(fixed, 3));
    EXPECT_EQ(choose(), &high);
    EXPECT_EQ(classes.limit(high, now), never) << "nobody waits for the end of its slice";
    wake(thread(fixed, 9));
    EXPECT_EQ(classes.limit(high, now), now + fixed_slice);
}

TEST_F(Policies, equal_priorities_take_turns) {
    Schedulable& a = busy(fixed, 9);
    Schedulable& b = busy(fixed, 9);
    Schedulable& c = busy(fixed, 9);
    run_for(30 * fixed_slice);
    EXPECT_EQ(times[&a], 10 * fixed_slice);
    EXPECT_EQ(times[&b], 10 * fixed_slice);
    EXPECT_EQ(times[&c], 10 * fixed_slice);
}

// Runs shortly, waits, again and again, beside others that compute.
struct Interactive {
    Simulation& simulation;
    Schedulable& thread;
    Time longest_wait{0};

    void rounds(int count, Time work, Time pause) {
        for (int i = 0; i < count; ++i) {
            simulation.run_for(pause);
            Time const woken = simulation.now;
            simulation.wake(thread);
            while (simulation.choose() != &thread)
                simulation.run_for(millisecond / 10);
            longest_wait = std::max(longest_wait, simulation.now - woken);
            simulation.run_for(work);
            simulation.sleep(thread);
        }
    }
};

TEST_F(Policies, an_interactive_thread_goes_before_its_equals) {
    busy(fixed, 9);
    busy(fixed, 9);
    Interactive user{*this, thread(fixed, 9)};
    user.rounds(3, millisecond / 10, 7 * millisecond); // proves itself
    user.longest_wait = 0;
    user.rounds(100, millisecond / 10, 7 * millisecond);
    EXPECT_EQ(user.longest_wait, 0u);
}

TEST_F(Policies, a_thread_that_computes_is_not_interactive) {
    busy(fixed, 9);
    busy(fixed, 9);
    Interactive hog{*this, thread(fixed, 9)};
    hog.rounds(20, 2 * millisecond, 7 * millisecond);
    EXPECT_GT(hog.longest_wait, fixed_slice / 2);
}

TEST_F(Policies, interactive_threads_do_not_starve_an_equal) {
    std::vector<Schedulable*> many;
    for (int i = 0; i < 8; ++i)
        many.push_back(&thread(fixed, 9));
    for (int round = 0; round < 3; ++round)
        for (Schedulable* each : many) {
            wake(*each);
            run_for(millisecond / 10);
            sleep(*each);
        }
    // From now on some of them are always ready.
    Schedulable& plain = busy(fixed, 9);
    for (int turn = 0; turn < 2000; ++turn) {
        for (Schedulable* each : many)
            if (!Class_queue::holds(*each) && each != running)
                wake(*each);
        choose();
        run_for(millisecond / 10);
        if (running && running != &plain)
            block();
    }
    EXPECT_GT(times[&plain], 2000 * (millisecond / 10) / 12);
}

TEST_F(Policies, a_raised_priority_of_one_that_is_ready_counts_at_once) {
    Schedulable& a = busy(fixed, 5);
    Schedulable& b = busy(fixed, 5);
    choose();
    Schedulable& waits = running == &a ? b : a;
    classes.change(waits, now, [&] { waits.set_priority(7); });
    put_back(Policy_reason::preempted);
    EXPECT_EQ(choose(), &waits);
}

TEST_F(Policies, shares_follow_weights) {
    Schedulable& a = busy(share, 100);
    Schedulable& b = busy(share, 200);
    Schedulable& c = busy(share, 700);
    run_for(100 * second);
    EXPECT_NEAR(static_cast<double>(times[&a]), 10e9, 6e6);
    EXPECT_NEAR(static_cast<double>(times[&b]), 20e9, 6e6);
    EXPECT_NEAR(static_cast<double>(times[&c]), 70e9, 6e6);
}

// proportional_share.cpp says the bound: ahead by a slice at most, behind by a slice for each other
// thread, times its own part of the weight.
TEST_F(Policies, lag_is_bounded_for_any_weights) {
    std::mt19937 random{1};
    for (int round = 0; round < 20; ++round) {
        Simulation simulation;
        std::vector<Schedulable*> threads;
        double sum = 0;
        auto const count = static_cast<unsigned>(2 + random() % 20);
        for (unsigned i = 0; i < count; ++i) {
            threads.push_back(&simulation.busy(share, 1 + random() % 1000));
            sum += static_cast<double>(threads.back()->parameter());
        }
        Time const begin = simulation.now;
        for (int step = 0; step < 2000; ++step) {
            simulation.run_for(1 + random() % share_slice);
            for (Schedulable* each : threads) {
                double const part = static_cast<double>(each->parameter()) / sum;
                double const due = part * static_cast<double>(simulation.now - begin);
                double const lag = due - static_cast<double>(simulation.times[each]);
                EXPECT_GE(lag, -static_cast<double>(share_slice) * 1.001);
                EXPECT_LE(lag, count * part * static_cast<double>(share_slice) * 1.001 + 1);
            }
        }
    }
}

TEST_F(Policies, sleep_is_not_saved_up) {
    Schedulable& worker = busy(share, 100);
    Schedulable& sleeper = thread(share, 100);
    wake(sleeper);
    run_for(second);
    sleep(sleeper);
    Time const slept_until = now + 100 * second;
    run_until(slept_until);
    Time const before = times[&sleeper];
    wake(sleeper);
    run_for(second);
    Time const got = times[&sleeper] - before;
    EXPECT_LE(got, second / 2 + 2 * share_slice);
    EXPECT_GE(got, second / 2 - 2 * share_slice);
    EXPECT_GT(times[&worker], 100 * second);
}

TEST_F(Policies, one_that_wakes_often_gets_its_share_of_a_crowd) {
    for (int i = 0; i < 4; ++i)
        busy(share, 100);
    Interactive user{*this, thread(share, 100)};
    user.rounds(5, millisecond, 20 * millisecond);
    user.longest_wait = 0;
    user.rounds(100, millisecond, 20 * millisecond);
    EXPECT_LE(user.longest_wait, share_slice);
}

TEST_F(Policies, who_yields_goes_behind_its_equals) {
    Schedulable& a = busy(share, 100);
    Schedulable& b = busy(share, 100);
    choose();
    Schedulable* const first = running;
    put_back(Policy_reason::yielded);
    EXPECT_EQ(choose(), first == &a ? &b : &a);
}

TEST_F(Policies, a_new_weight_counts_from_now_on) {
    Schedulable& a = busy(share, 100);
    Schedulable& b = busy(share, 100);
    run_for(10 * second);
    put_back(Policy_reason::preempted);
    classes.change(a, now, [&] { a.set_class(share, 300); });
    times.clear();
    run_for(40 * second);
    EXPECT_NEAR(static_cast<double>(times[&a]), 30e9, 2e7);
    EXPECT_NEAR(static_cast<double>(times[&b]), 10e9, 2e7);
}

TEST_F(Policies, deadlines_are_met_where_fifo_would_miss_them) {
    install(free_class, earliest_deadline_policy);
    Schedulable& late = thread(free_class, second);
    Schedulable& soon = thread(free_class, 10 * millisecond);
    wake(late);
    EXPECT_EQ(choose(), &late);
    now += millisecond;
    wake(soon);
    EXPECT_EQ(choose(), &soon) << "the nearer deadline preempts";
    block();
    EXPECT_EQ(choose(), &late);
}

TEST_F(Policies, a_late_thread_does_not_keep_others_from_their_deadlines) {
    install(free_class, earliest_deadline_policy);
    Schedulable& hog = busy(free_class, 100'000);
    Schedulable& other = busy(free_class, 20 * millisecond);
    run_for(second);
    EXPECT_GT(times[&other], second / 10);
    EXPECT_GT(times[&hog], second / 10);
}

TEST_F(Policies, classes_go_in_order_with_a_guaranteed_share) {
    Schedulable& first = busy(fixed, 0);
    Schedulable& second_class = busy(share, 100);
    Schedulable& third = busy(free_class, 100);
    run_for(100 * second);
    auto const part = [&](Schedulable& each) { return static_cast<double>(times[&each]) / 100e9; };
    EXPECT_NEAR(part(second_class), 0.05, 0.01);
    EXPECT_NEAR(part(third), 0.025, 0.005);
    EXPECT_GT(part(first), 0.9);
}

TEST_F(Policies, a_class_alone_is_not_coordinated) {
    busy(share, 100);
    busy(share, 100);
    run_for(second);
    abi::Policy_information coordinator{};
    classes.describe(abi::coordinator_place, coordinator);
    EXPECT_EQ(coordinator.picks, 0u);
}

TEST_F(Policies, a_guaranteed_turn_delays_the_first_class_by_a_quantum) {
    busy(share, 100);
    Interactive user{*this, thread(fixed, 20)};
    user.rounds(200, 3 * millisecond, 5 * millisecond);
    EXPECT_LE(user.longest_wait, 2 * millisecond + millisecond / 5);
}

TEST_F(Policies, classes_by_share) {
    install(abi::coordinator_place, proportional_classes_policy);
    classes.set_share(fixed, 500);
    classes.set_share(share, 300);
    classes.set_share(free_class, 200);
    Schedulable& a = busy(fixed, 0);
    Schedulable& b = busy(share, 100);
    Schedulable& c = busy(free_class, 100);
    run_for(100 * second);
    EXPECT_NEAR(static_cast<double>(times[&a]), 50e9, 0.2e9);
    EXPECT_NEAR(static_cast<double>(times[&b]), 30e9, 0.2e9);
    EXPECT_NEAR(static_cast<double>(times[&c]), 20e9, 0.2e9);
}

TEST_F(Policies, a_loan_takes_a_thread_into_the_fixed_priority_class) {
    Schedulable& server = busy(share, 1);
    Schedulable& other = busy(fixed, 5);
    choose();
    put_back(Policy_reason::preempted);
    classes.change(server, now, [&] { server.set_priority(9); });
    EXPECT_EQ(server.scheduling_class(), fixed);
    EXPECT_EQ(choose(), &server);
    put_back(Policy_reason::preempted);
    classes.change(server, now, [&] { server.set_priority(0); });
    EXPECT_EQ(server.scheduling_class(), share);
    EXPECT_EQ(choose(), &other);
}

TEST_F(Policies, handing_over_stays_within_turn_and_class) {
    Schedulable& running_one = busy(fixed, 5);
    choose();
    Schedulable& equal = thread(fixed, 5);
    equal.slice_left = 1;
    EXPECT_TRUE(classes.may_hand_over(equal));
    equal.slice_left = 0;
    EXPECT_FALSE(classes.may_hand_over(equal)) << "its slice is used up";
    equal.slice_left = 1;
    classes.enter(thread(fixed, 6), Policy_reason::woken, now);
    EXPECT_FALSE(classes.may_hand_over(equal)) << "a higher one is ready";
    Schedulable& foreign = thread(share, 100);
    foreign.slice_left = 1;
    EXPECT_FALSE(classes.may_hand_over(foreign));
    EXPECT_EQ(running, &running_one);
}

} // namespace
} // namespace kernel
