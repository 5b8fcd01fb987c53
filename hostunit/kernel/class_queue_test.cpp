// SPDX-License-Identifier: MIT
// What the kernel makes of modules: it checks what they answer, loses nobody, and replaces them.
#include "scheduling_simulation.hpp"
#include <random>
#include <set>

namespace kernel {
namespace {

using enum Policy_violation;

constexpr unsigned fixed = abi::fixed_priority_class;
constexpr unsigned share = abi::share_class;
constexpr unsigned free_class = abi::first_free_class;

class Guard : public testing::Test, public Simulation {
protected:
    uint64_t retirements(uint64_t place) const {
        abi::Policy_information information{};
        classes.describe(place, information);
        return information.retirements;
    }
};

// The liar serves a class of five threads and is told to lie; whatever it does, all five run on.
class Lies : public Guard, public testing::WithParamInterface<Policy_violation> {};

TEST_P(Lies, retire_the_module_and_lose_nobody) {
    Algorithm& liar = install(free_class, liar_policy);
    std::set<Schedulable*> all;
    for (int i = 0; i < 4; ++i)
        all.insert(&busy(free_class, 0));
    run_for(second);
    EXPECT_FALSE(liar.retired());
    all.insert(&busy(free_class, static_cast<uint64_t>(GetParam())));
    for (int i = 0; i < 100 && !liar.retired(); ++i) {
        run_for(second);
        wake(*all.emplace(&thread(free_class, 0)).first.operator*());
    }
    EXPECT_EQ(liar.violation(), GetParam());
    EXPECT_EQ(retirements(free_class), 1u);
    EXPECT_EQ(&classes.algorithm(free_class), &built_in_algorithm(free_class));
    EXPECT_EQ(ready_or_running(), all.size());
    times.clear();
    run_for(static_cast<Time>(all.size()) * second);
    for (Schedulable* each : all)
        EXPECT_GT(times[each], 0u);
    ASSERT_TRUE(classes.failed());
    EXPECT_EQ(classes.take_retired(), &liar);
    EXPECT_EQ(classes.take_retired(), nullptr) << "told once";
    EXPECT_FALSE(classes.failed());
}

INSTANTIATE_TEST_SUITE_P(Each, Lies,
                         testing::Values(picked_nobody, picked_stranger, slice_out_of_range,
                                         answer_not_boolean, wrong_count, thread_left_out));

TEST_F(Guard, picking_again_who_runs_already_is_a_stranger) {
    Algorithm& liar = install(free_class, liar_policy);
    busy(free_class, 7);
    busy(free_class, 0);
    choose();
    put_back(Policy_reason::expired);
    choose();
    block();
    choose();
    EXPECT_EQ(liar.violation(), picked_stranger);
}

TEST_F(Guard, a_handle_of_another_class_is_a_stranger) {
    // The liar's stranger is a number that nobody has; here it is one that somebody has elsewhere.
    static uint32_t wanted;
    static abi::Policy_module module = liar_policy;
    module.scheduler.pick = [](void*, uint64_t) { return wanted; };
    Schedulable& elsewhere = thread(free_class + 1, 100);
    classes.enter(elsewhere, Policy_reason::woken, now);
    Algorithm& thief = install(free_class, module);
    Schedulable& mine = thread(free_class, 0);
    classes.enter(mine, Policy_reason::woken, now);
    for (wanted = 1; wanted < 100000 && !thief.retired(); ++wanted)
        if (Schedulable* const next = classes.next(now)) {
            EXPECT_TRUE(next == &mine || next == &elsewhere);
            classes.enter(*next, Policy_reason::preempted, now);
        }
    EXPECT_EQ(thief.violation(), picked_stranger);
    EXPECT_EQ(classes.count(), 2u);
}

TEST_F(Guard, a_module_retired_elsewhere_is_not_asked_again) {
    Algorithm& liar = install(free_class, liar_policy);
    Schedulable& a = busy(free_class, 0);
    Schedulable& b = busy(free_class, 0);
    liar.retire(wrong_count); // by another processor
    run_for(second);
    EXPECT_EQ(&classes.algorithm(free_class), &built_in_algorithm(free_class));
    EXPECT_GT(times[&a], 0u);
    EXPECT_GT(times[&b], 0u);
}

// Nobody wakes meanwhile, so that nothing but the limit makes the kernel look again.
class Alone : public Guard {
protected:
    static abi::Policy_module saying(uint32_t (*contended)(void*, abi::Policy_entity*)) {
        abi::Policy_module module = liar_policy; // which promises a second
        module.scheduler.contended = contended;
        return module;
    }
    static uint32_t nobody_waits(void*, abi::Policy_entity*) { return 0; }
};

TEST_F(Alone, all_go_on_although_whether_somebody_waits_is_answered_by_nonsense) {
    static abi::Policy_module const module =
        saying([](void*, abi::Policy_entity*) -> uint32_t { return 7; });
    Algorithm& liar = install(free_class, module);
    Schedulable& a = busy(free_class, 0);
    Schedulable& b = busy(free_class, 0);
    run_for(second);
    EXPECT_EQ(liar.violation(), answer_not_boolean);
    EXPECT_GT(times[&a], 0u);
    EXPECT_GT(times[&b], 0u);
}

TEST_F(Alone, all_go_on_although_the_module_was_retired_elsewhere) {
    Algorithm& liar = install(free_class, liar_policy);
    Schedulable& a = busy(free_class, 0);
    Schedulable& b = busy(free_class, 0);
    choose();
    liar.retire(wrong_count);
    run_for(second);
    EXPECT_GT(times[&a], 0u);
    EXPECT_GT(times[&b], 0u);
}

TEST_F(Alone, a_module_that_says_nobody_waits_is_held_to_its_promise) {
    static abi::Policy_module const module = saying(nobody_waits);
    Algorithm& first_come = install(free_class, module);
    Schedulable& a = busy(free_class, 0);
    Schedulable& b = busy(free_class, 0);
    run_for(3 * second);
    EXPECT_FALSE(first_come.retired()) << "each has its turn when the promise is over";
    EXPECT_GT(times[&a], 0u);
    EXPECT_GT(times[&b], 0u);
    times.clear();
    Schedulable& left_out = busy(free_class, 6);
    run_for(10 * second);
    EXPECT_EQ(first_come.violation(), thread_left_out);
    EXPECT_GT(times[&left_out], 0u);
}

TEST_F(Alone, a_module_that_promises_nothing_may_let_one_run_to_its_end) {
    static abi::Policy_module module = saying(nobody_waits);
    module.longest_wait = 0;
    Algorithm& first_come = install(free_class, module);
    Schedulable& a = busy(free_class, 0);
    Schedulable& b = busy(free_class, 0);
    run_for(100 * second);
    EXPECT_FALSE(first_come.retired());
    EXPECT_EQ(times[&a], 100 * second);
    EXPECT_EQ(times[&b], 0u);
}

TEST_F(Guard, a_coordinator_that_lies_is_retired) {
    Algorithm& liar = install(abi::coordinator_place, lying_coordinator_policy);
    Schedulable& a = busy(fixed, 3);
    Schedulable& b = busy(free_class, 100);
    run_for(second);
    EXPECT_EQ(liar.violation(), chose_no_class);
    EXPECT_EQ(&classes.algorithm(abi::coordinator_place),
              &built_in_algorithm(abi::coordinator_place));
    EXPECT_EQ(retirements(abi::coordinator_place), 1u);
    EXPECT_EQ(classes.take_retired(), &liar);
    EXPECT_GT(times[&a], 0u);
    EXPECT_GT(times[&b], 0u);
}

TEST_F(Guard, a_coordinator_that_leaves_a_class_out_is_retired) {
    static abi::Policy_module module = lying_coordinator_policy;
    module.coordinator.choose = [](void*, uint32_t ready, uint64_t) {
        return abi::Policy_choice{static_cast<uint64_t>(__builtin_ctz(ready)), 500'000'000};
    };
    Algorithm& unfair = install(abi::coordinator_place, module);
    busy(fixed, 3);
    Schedulable& left_out = busy(free_class, 100);
    run_for(100 * second);
    EXPECT_EQ(unfair.violation(), class_left_out);
    EXPECT_GT(times[&left_out], 0u);
}

TEST_F(Guard, budgets_and_answers_of_a_coordinator_are_checked) {
    static abi::Policy_module endless = lying_coordinator_policy;
    endless.coordinator.choose = [](void*, uint32_t ready, uint64_t) {
        return abi::Policy_choice{static_cast<uint64_t>(__builtin_ctz(ready)), 0};
    };
    Algorithm& first = install(abi::coordinator_place, endless);
    busy(fixed, 3);
    busy(free_class, 100);
    run_for(second);
    EXPECT_EQ(first.violation(), budget_out_of_range);

    static abi::Policy_module maybe = strict_order_policy;
    maybe.coordinator.preempts = [](void*, uint32_t, uint32_t) -> uint32_t { return 2; };
    Algorithm& second_one = install(abi::coordinator_place, maybe);
    run_for(second);
    wake(thread(share, 100));
    EXPECT_EQ(second_one.violation(), answer_not_boolean);
}

TEST_F(Guard, parameters_are_shown_within_the_modules_range) {
    static uint64_t seen;
    static abi::Policy_module module = liar_policy;
    module.least_parameter = 10;
    module.usual_parameter = 10;
    module.greatest_parameter = 20;
    module.scheduler.slice = [](void*, abi::Policy_entity* entity) {
        seen = entity->parameter;
        return uint64_t{1'000'000};
    };
    install(free_class, module);
    for (auto const& [own, shown] : std::map<uint64_t, uint64_t>{{1, 10}, {15, 15}, {999, 20}}) {
        wake(thread(free_class, own));
        choose();
        EXPECT_EQ(seen, shown);
        block();
    }
}

TEST_F(Guard, words_of_another_module_are_gone) {
    Schedulable& wanderer = busy(share, 100);
    busy(share, 100);
    run_for(second);
    put_back(Policy_reason::preempted);
    install(free_class, liar_policy);
    for (int i = 0; i < 100; ++i) {
        classes.change(wanderer, now,
                       [&] { wanderer.set_class(i % 2 ? share : free_class, i % 2 ? 100 : 0); });
        run_for(20 * millisecond);
        put_back(Policy_reason::preempted);
    }
    EXPECT_EQ(classes.count(), 2u);
}

// Ten thousand times another module takes over a class whose threads run, sleep, end, change class
// and priority meanwhile.
TEST_F(Guard, ten_thousand_replacements_under_load) {
    std::mt19937 random{7};
    constexpr abi::Policy_module const* schedulers[]{
        &fixed_priority_policy, &proportional_share_policy, &earliest_deadline_policy};
    std::vector<std::unique_ptr<Algorithm>> algorithms;
    for (abi::Policy_module const* each : schedulers)
        algorithms.push_back(std::make_unique<Algorithm>(*each));
    Algorithm by_share{proportional_classes_policy};
    std::vector<Schedulable*> all;
    for (unsigned i = 0; i < 40; ++i)
        all.push_back(&busy(i % 4, i % 4 ? 8 + i : i % 32));
    std::set<Schedulable*> asleep;
    std::map<Schedulable*, int> left_out; // replacements since it ran
    int longest = 0;
    alignas(64) static char states[abi::policy_places][abi::largest_policy_state];
    for (int round = 0; round < 10'000; ++round) {
        uint64_t const place = random() % abi::policy_places;
        Algorithm* taker = nullptr;
        if (place == abi::coordinator_place)
            taker = random() % 2 ? &by_share : nullptr;
        else if (random() % 5 != 0)
            taker = algorithms[random() % algorithms.size()].get();
        classes.serve_by(place, taker, states[place], next_installation(), now);
        for (int step = 0; step < 4; ++step) {
            run_for(1 + random() % (8 * millisecond));
            if (running && random() % 3 == 0)
                asleep.insert(block());
            else if (running && random() % 4 == 0)
                put_back(Policy_reason::yielded);
            if (!asleep.empty() && random() % 2) {
                Schedulable* const sleeper = *asleep.begin();
                asleep.erase(asleep.begin());
                wake(*sleeper);
            }
            Schedulable& any = *all[random() % all.size()];
            if (Class_queue::holds(any) && any.own_class() == fixed)
                classes.change(any, now, [&] { any.set_priority(unsigned(random() % 32)); });
            else if (Class_queue::holds(any))
                classes.change(any, now, [&] {
                    any.set_class(1 + unsigned(random() % 3), 1 + random() % 1000);
                });
        }
        ASSERT_EQ(ready_or_running() + asleep.size(), all.size()) << "round " << round;
        for (Schedulable* each : all)
            if (each->own_class() != fixed && !asleep.count(each)) {
                bool const ran = times.count(each) != 0;
                left_out[each] = ran ? 0 : left_out[each] + 1;
                longest = std::max(longest, left_out[each]);
            }
        times.clear();
    }
    for (auto const& each : algorithms)
        EXPECT_FALSE(each->retired()) << each->module().name << " " << text(each->violation());
    EXPECT_FALSE(by_share.retired());
    RecordProperty("longest_left_out", longest);
    EXPECT_LT(longest, 3000) << "a thread of a class with a guaranteed share starved";
}

TEST(Algorithm, descriptors_that_are_possible) {
    EXPECT_TRUE(valid(fixed_priority_policy));
    EXPECT_TRUE(valid(strict_order_policy));
    auto const spoilt = [](auto spoil) {
        abi::Policy_module module = proportional_share_policy;
        spoil(module);
        return module;
    };
    EXPECT_FALSE(valid(spoilt([](auto& module) { ++module.magic; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { ++module.version; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { module.kind = abi::Policy_kind{3}; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { module.state_bytes = 3073; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { module.name[0] = 0; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { module.name[2] = '\n'; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) {
        for (char& each : module.name)
            each = 'x';
    })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { module.least_parameter = 200; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { module.longest_wait = abi::longest_wait + 1; })));
    EXPECT_FALSE(valid(spoilt([](auto& module) { module.greatest_parameter = 5; })));
}

TEST(Algorithm, every_violation_has_words) {
    for (uint32_t i = 1; i < static_cast<uint32_t>(Policy_violation::end); ++i)
        EXPECT_STRNE(text(static_cast<Policy_violation>(i)), text(none));
}

} // namespace
} // namespace kernel
