// SPDX-License-Identifier: MIT
// The policies' promises, kept in simulated guests.
#include <cooperation/simulator/machine.hpp>

#include <gtest/gtest.h>

#include <cstring>

namespace {

using namespace lavandin::simulator;

Guest_plan guest(std::string name, unsigned vcpus, unsigned threads) {
    Guest_plan plan;
    plan.name = std::move(name);
    plan.vcpus = vcpus;
    plan.capabilities = POLICY_REPORTS | POLICY_TAKES | POLICY_GIVES_BACK;
    if (threads != 0)
        plan.loads.push_back({.threads = threads, .work = millisecond});
    return plan;
}

Scenario scenario(unsigned processors, std::vector<Guest_plan> guests) {
    Scenario result;
    result.name = "test";
    result.duration = 10 * second;
    result.processors = processors;
    result.guests = std::move(guests);
    return result;
}

Result run(Scenario const& scenario, policy_kind policy = POLICY_PROPORTIONAL, uint64_t seed = 1) {
    return simulate(scenario, {.policy = policy, .seed = seed});
}

Result run_setup(Scenario const& scenario, std::string_view name, uint64_t seed = 1) {
    Run setup = find_setup(name, scenario).value();
    setup.seed = seed;
    return simulate(scenario, setup);
}

constexpr policy_kind policies[] = {POLICY_STATIC, POLICY_PROPORTIONAL, POLICY_CHARACTERISTICS};

TEST(Shares_of_time, are_the_entitlement_whatever_the_number_of_vcpus) {
    for (policy_kind const policy : policies)
        for (unsigned const vcpus : {2u, 3u, 8u}) {
            Scenario two = scenario(1, {guest("one", 1, 1), guest("many", vcpus, vcpus)});
            two.guests[1].capabilities = POLICY_REPORTS; // keeps all its VCPUs
            Result const result = run(two, policy);
            EXPECT_NEAR(result.guest("one").used, 0.5, 0.005) << policy << ", " << vcpus;
            Result const stock = run_setup(two, "all");
            EXPECT_LT(stock.guest("one").used, 0.35) << "without, it is unfair";
        }
}

TEST(Shares_of_time, follow_weights) {
    Scenario three = scenario(2, {guest("a", 2, 2), guest("b", 2, 2), guest("c", 2, 2)});
    three.guests[0].weight = 512;
    for (policy_kind const policy : policies) {
        Result const result = run(three, policy);
        EXPECT_NEAR(result.guest("a").used, 1.0, 0.01) << policy;
        EXPECT_NEAR(result.guest("b").used, 0.5, 0.01) << policy;
    }
}

TEST(Releasing, costs_nothing_and_refusing_gains_nothing) {
    Scenario plain = scenario(1, {guest("first", 2, 2), guest("second", 2, 2)});
    for (policy_kind const policy : {POLICY_PROPORTIONAL, POLICY_CHARACTERISTICS}) {
        double const before = run(plain, policy).guest("first").used;
        Scenario released = plain;
        released.guests[0].vcpus = 1; // it has one VCPU, the other still two
        released.guests[1].capabilities = POLICY_REPORTS;
        EXPECT_NEAR(run(released, policy).guest("first").used, before, before * 0.01);
        Scenario refusing = plain;
        refusing.guests[1].behaviour.refuses = true;
        EXPECT_LE(run(refusing, policy).guest("second").used, before * 1.01);
        Scenario legacy = plain;
        legacy.guests[1].capabilities = 0;
        EXPECT_LE(run(legacy, policy).guest("second").used, before * 1.01);
    }
}

// Has borrowed while the other was idle, and does not give it back.
TEST(Cheater, gains_less_than_a_percent_whatever_it_does) {
    Behaviour const ways[] = {
        {.inflates = true},
        {.inflates = true, .refuses = true},
        {.inflates = true, .silent = true},
        {.inflates = true, .refuses = true, .floods = true},
    };
    for (policy_kind const policy : policies)
        for (Behaviour const& way : ways)
            for (bool const moment : {false, true}) {
                Scenario both = scenario(2, {guest("honest", 2, 2), guest("cheater", 2, 2)});
                both.guests[0].loads[0].from = 2 * second;
                both.guests[1].behaviour = way;
                both.count_moment = moment;
                Result const result = run(both, policy);
                double used = 0;
                std::vector<Point> const& points = result.guest("cheater").points;
                for (size_t i = 40; i < points.size(); ++i) // since the honest one wants its share
                    used += points[i].used / static_cast<double>(points.size() - 40);
                EXPECT_LT(used, 1.01) << policy << way.refuses << way.silent << moment;
            }
}

// Its VCPUs are awake by turns, to be counted low and run high.
TEST(Cheater, that_wakes_its_vcpus_by_turns_gains_less_than_a_percent) {
    for (Time const period : {15U, 20U, 40U, 100U, 300U, 1000U})
        for (bool const moment : {false, true}) {
            Scenario both = scenario(1, {guest("honest", 1, 1), guest("cheater", 4, 1)});
            both.duration = 20 * second;
            both.count_moment = moment;
            both.guests[1].capabilities = POLICY_REPORTS;
            both.guests[1].loads.push_back({.threads = 3,
                                            .every = period * millisecond,
                                            .on = period * millisecond / 2,
                                            .work = millisecond});
            EXPECT_LT(run(both).guest("cheater").used, 0.505) << period << " ms, " << moment;
        }
}

TEST(Cheater, is_recorded_and_capped) {
    Scenario both = scenario(2, {guest("honest", 2, 2), guest("cheater", 2, 2)});
    both.guests[0].loads[0].from = 2 * second;
    both.guests[1].behaviour = {.refuses = true};
    Result const result = run(both);
    EXPECT_GE(result.guest("cheater").tally.enforcements, 1u);
    EXPECT_GT(result.guest("honest").used, 0.79); // of 8 in 10 seconds
}

TEST(Idle_processors, become_another_guests_speed) {
    Scenario const s0 = read_scenario(SCENARIOS "idle-beside-busy.toml");
    Result const coop = run(s0, POLICY_PROPORTIONAL);
    Result const fixed = run_setup(s0, "fixed");
    for (char const* name : {"first", "second"})
        EXPECT_GT(coop.guest(name).useful, 1.5 * fixed.guest(name).useful) << name;
}

TEST(Characteristics, are_better_than_all_online_for_barriers_and_for_interactive_guests) {
    Scenario barriers = read_scenario(SCENARIOS "barrier-beside-throughput.toml");
    barriers.guests[0].loads[0].spin = 0;
    auto const done = [&](std::string_view setup) {
        return static_cast<double>(run_setup(barriers, setup).guest("parallel").done);
    };
    EXPECT_GT(done("characteristics"), 1.3 * done("all"));
    Scenario const interactive = read_scenario(SCENARIOS "interactive-beside-batch.toml");
    Result const coop = run_setup(interactive, "characteristics");
    Result const all = run_setup(interactive, "all");
    EXPECT_LT(coop.guest("interactive").wakeup_p99, all.guest("interactive").wakeup_p99 / 3);
    EXPECT_GT(coop.guest("batch").useful, 0.95 * all.guest("batch").useful);
}

TEST(Stability, noisy_demand_does_not_flap) {
    for (policy_kind const policy : {POLICY_PROPORTIONAL, POLICY_CHARACTERISTICS})
        for (uint64_t seed = 1; seed <= 30; ++seed) {
            Scenario noisy = scenario(4, {guest("a", 4, 3), guest("b", 4, 2), guest("c", 4, 1)});
            for (Guest_plan& each : noisy.guests)
                each.noise = 30;
            Result const result = run(noisy, policy, seed);
            for (Guest_result const& each : result.guests) {
                EXPECT_LE(each.tally.changes, 4u) << each.name << ", seed " << seed;
                EXPECT_LE(each.tally.reversals, 1u) << each.name << ", seed " << seed;
            }
        }
}

TEST(Stability, a_load_that_comes_and_goes_calms_down) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        Scenario waves = scenario(2, {guest("wave", 2, 0), guest("steady", 2, 2)});
        waves.duration = 20 * second;
        waves.guests[0].loads.push_back({.threads = 2,
                                         .every = 200 * millisecond,
                                         .on = 100 * millisecond,
                                         .work = millisecond});
        Result const result = run(waves, POLICY_PROPORTIONAL, seed);
        EXPECT_LE(result.guest("steady").tally.changes, 30u) << "of 200 turns, seed " << seed;
    }
}

// What the policy was given is given to it again, beginning with nothing.
TEST(Replay, gives_the_same_actions) {
    Scenario both = read_scenario(SCENARIOS "cheater.toml");
    both.duration = 3 * second;
    std::vector<policy_domain> domains;
    policy_state state{};
    unsigned steps = 0, differences = 0;
    Recorder const replay = [&](policy_state const& recorded, std::vector<policy_domain> const& in,
                                std::vector<policy_action> const& actions) {
        if (steps++ == 0) {
            state = recorded;
            domains = in;
        }
        state.now = recorded.now;
        state.domains = domains.data();
        for (size_t i = 0; i < in.size(); ++i) {
            policy_memory const memory = domains[i].memory; // ours; all else was put in
            domains[i] = in[i];
            domains[i].memory = memory;
        }
        std::vector<policy_action> again(domains.size() * POLICY_ACTIONS_PER_DOMAIN);
        uint32_t count = 0;
        ASSERT_EQ(policy_step(&state, again.data(), static_cast<uint32_t>(again.size()), &count),
                  POLICY_OK);
        bool const same =
            count == actions.size() &&
            std::memcmp(again.data(), actions.data(), count * sizeof(policy_action)) == 0;
        differences += !same;
    };
    simulate(both, {.policy = POLICY_PROPORTIONAL, .seed = 5}, replay);
    EXPECT_GT(steps, 250u);
    EXPECT_EQ(differences, 0u);
}

TEST(Replay, a_run_repeats_exactly) {
    Scenario const interactive = read_scenario(SCENARIOS "interactive-beside-batch.toml");
    Result const one = run(interactive), other = run(interactive),
                 third = run(interactive, POLICY_PROPORTIONAL, 2);
    EXPECT_EQ(one.log, other.log);
    EXPECT_EQ(one.guests[0].done, other.guests[0].done);
    EXPECT_EQ(one.guests[0].wakeup_p99, other.guests[0].wakeup_p99);
    EXPECT_NE(one.guests[0].done, third.guests[0].done);
}

} // namespace
