// SPDX-License-Identifier: MIT
// Demand, beside what is known of loads.
#include "labelled_loads.hpp"
#include "sampled_guest.hpp"
#include "servers/resource_manager/cooperation/demand.hpp"

#include <gtest/gtest.h>

namespace lavandin::resource_manager {
namespace {

using simulator::Kind;
using simulator::millisecond;

simulator::Load load(Kind kind, unsigned threads, simulator::Time work) {
    simulator::Load made;
    made.kind = kind;
    made.threads = threads;
    made.work = work;
    return made;
}

Demand demand_of(std::vector<simulator::Load> const& loads, unsigned processors,
                 Load const& seen = {}, unsigned neighbours = 0) {
    Sampled_guest guest{loads, processors, processors, neighbours, 3};
    Demand_estimate estimate;
    for (unsigned i = 0; i < 60; ++i) {
        Observation const before = guest.observation();
        guest.run(10 * millisecond);
        if (before.time != 0)
            estimate.add(before, guest.observation());
    }
    return estimate.now(seen);
}

TEST(Demand, of_nothing_is_nothing) {
    EXPECT_EQ(demand_of({}, 2).processors, 0u);
    EXPECT_EQ(Demand_estimate{}.now({}).confidence, 0u);
}

TEST(Demand, of_threads_that_compute_is_their_number) {
    auto const some = demand_of({load(Kind::compute, 3, 5 * millisecond)}, 4);
    EXPECT_NEAR(some.processors, 3000, 200);
    EXPECT_GT(some.confidence, 900u);
    auto const more = demand_of({load(Kind::compute, 7, 5 * millisecond)}, 2);
    EXPECT_NEAR(more.processors, 7000, 700);
}

TEST(Demand, does_not_shrink_when_others_take_the_time) {
    auto const crowded = demand_of({load(Kind::compute, 3, 5 * millisecond)}, 3, {}, 3);
    EXPECT_NEAR(crowded.processors, 3000, 400);
}

TEST(Demand, of_bursts_is_what_they_use) {
    auto bursts = load(Kind::interactive, 2, 2 * millisecond);
    bursts.think = 8 * millisecond;
    EXPECT_NEAR(demand_of({bursts}, 2).processors, 400, 250);
}

TEST(Demand, of_those_that_wait_for_a_lock_is_what_the_lock_lets_through) {
    auto locks = load(Kind::lock, 6, 50'000);
    locks.inside = 400'000;
    locks.spin = 400'000; // as long as the lock is held: processors are busy for nothing
    Load seen;
    seen.kind = COOP_LOAD_LOCKS;
    seen.at_once = 1.2;
    EXPECT_LE(demand_of({locks}, 4, seen).processors, 1300u);
}

TEST(Demand, follows_soon_and_says_that_it_moves) {
    Demand_estimate estimate;
    auto before = std::make_unique<Observation>();
    auto after = std::make_unique<Observation>();
    before->processor_count = after->processor_count = 1;
    before->processors[0].state = after->processors[0].state = abi::Processor_state::online;
    auto const pass = [&](unsigned times, uint64_t busy) {
        for (unsigned i = 0; i < times; ++i) {
            *before = *after;
            after->time += 10 * millisecond;
            after->processors[0].busy += busy;
            estimate.add(*before, *after);
        }
    };
    pass(100, 0);
    EXPECT_GT(estimate.now({}).confidence, 950u);
    pass(10, 10 * millisecond);
    EXPECT_GT(estimate.now({}).processors, 900u);
    EXPECT_LT(estimate.now({}).confidence, 800u);
    pass(100, 10 * millisecond);
    EXPECT_GT(estimate.now({}).confidence, 900u);
}

} // namespace
} // namespace lavandin::resource_manager
