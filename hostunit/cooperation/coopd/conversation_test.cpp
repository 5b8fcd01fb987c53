// SPDX-License-Identifier: MIT
// One coopd and good guests: who is found, what is said, what is counted.
#include "host.hpp"

#include <bit>

namespace lavandin::coopd {

TEST_F(Host, lists_a_domain_that_does_not_cooperate) {
    xen.create(1, 2);
    start();
    run(100 * millisecond);
    EXPECT_FALSE(entry(1).joined());
    EXPECT_EQ(entry(1).name, "guest-1");
    EXPECT_EQ(entry(1).presence, Presence::absent);
    EXPECT_EQ(entry(1).policy.memory.allocated, 2u);
}

TEST_F(Host, keeps_the_share_whatever_the_number_of_processors) {
    xen.processors = 1;
    xen.create(1, 1);
    xen.create(2, 2);
    start();
    run(second);
    uint32_t const one = xen.machine.at(1).weight.weight, two = xen.machine.at(2).weight.weight;
    // The fake runs all of them all the time, so who has two is thought to be ahead.
    EXPECT_GE(one, 2 * two - two / 10);
}

TEST_F(Host, a_guest_joins) {
    Fake_guest& guest = join(1, 4);
    start();
    run(100 * millisecond);
    EXPECT_TRUE(guest.joined());
    EXPECT_TRUE(entry(1).joined());
    EXPECT_EQ(xen.machine.at(1).store.at(COOP_STORE_VMM_STATE), COOP_STORE_OPEN);
    EXPECT_EQ(entry(1).in_use, 0b1111u);
    EXPECT_GT(entry(1).reports(), 3u);
    EXPECT_EQ(entry(1).policy.report.demand, 500u);
    EXPECT_EQ(guest.vmm_page().status.entitlement, 1000u);
    EXPECT_EQ(guest.engine().agreed.ceiling, 4u);
}

// Domains are looked at when the toolstack does something, the policy steps at its interval: a
// session may begin in between.
TEST_F(Host, a_session_that_begins_early_is_told_its_share_and_its_ceiling) {
    start();
    for (Domain_number number = 1; number <= 8; ++number) {
        xen.create(100, 1);
        run(37 * millisecond);
        Fake_guest const& guest = join(number, 4);
        destroy(100);
        for (int i = 0; i < 50 && !guest.joined(); ++i)
            run(millisecond);
        ASSERT_TRUE(guest.joined());
        EXPECT_EQ(guest.engine().agreed.ceiling, 4u) << number;
        EXPECT_EQ(guest.engine().agreed.entitlement, 2000u / (number + 1U)) << number;
    }
}

TEST_F(Host, a_report_that_is_not_renewed_grows_old) {
    join(1, 2);
    start();
    run(500 * millisecond);
    ASSERT_TRUE(entry(1).joined());
    EXPECT_GE(entry(1).policy.report.time + 20 * millisecond, xen.time);
    guests.clear(); // it sleeps
    run(settings.tuning.stale + 100 * millisecond);
    ASSERT_TRUE(entry(1).joined());
    EXPECT_LT(entry(1).policy.report.time + settings.tuning.stale, xen.time);
}

// dom0 does not run between measuring and reading: the report is newer than what was counted.
TEST_F(Host, a_report_that_is_newer_than_the_measurement_contradicts_nothing) {
    Fake_guest& guest = join(1, 2);
    start();
    while (!guest.joined() || entry(1).reports() == 0)
        run(millisecond);
    unsigned starved = 0;
    Time next = xen.time + second;
    xen.after_look = [&] {
        if (xen.time < next)
            return;
        ++starved;
        next = xen.time + 5 * second;
        xen.run(700 * millisecond);
        guest.turn();
    };
    run(30 * second);
    EXPECT_GE(starved, 3u);
    EXPECT_EQ(entry(1).link->engine().misbehaviour, 0u);
}

// Nor between waking up and measuring: what was counted then belongs to that moment.
TEST_F(Host, what_xen_counted_belongs_to_the_moment_of_counting) {
    join(1, 1);
    start();
    run(500 * millisecond);
    unsigned starved = 0;
    Time next = xen.time + second;
    xen.before_look = [&] {
        if (xen.time < next)
            return;
        ++starved;
        next = xen.time + 5 * second;
        xen.run(700 * millisecond);
    };
    uint32_t most = 0;
    for (unsigned i = 0; i < 3000; ++i) {
        run(10 * millisecond);
        most = std::max(most, entry(1).policy.memory.use);
    }
    EXPECT_GE(starved, 3u);
    EXPECT_LE(most, 1000u);
    EXPECT_GE(most, 900u);
}

// A look took a processor's time, or dom0 waited for one: nobody can tell.
TEST_F(Host, the_next_look_comes_soon_however_long_one_took) {
    join(1, 2);
    start();
    run(500 * millisecond);
    xen.after_look = [&] { xen.run(10 * second); };
    uint64_t const before = daemon->counts().steps;
    Time const begun = xen.time;
    run(200 * second);
    EXPECT_GE(daemon->counts().steps - before, (xen.time - begun) / (12 * second));
}

TEST_F(Host, a_request_is_answered_and_processors_move) {
    Fake_guest& guest = join(1, 2);
    guest.set_online(0b01);
    guest.demand = 2000;
    start();
    run(100 * millisecond);
    ASSERT_TRUE(guest.joined());
    if (guest.online() == 0b01) { // it may have been offered one already
        ASSERT_EQ(guest.request(2), COOP_OK);
    }
    run(100 * millisecond);
    EXPECT_EQ(guest.online(), 0b11u);
    EXPECT_GE(guest.offers, 1u);
    EXPECT_EQ(entry(1).in_use, 0b11u);
    EXPECT_EQ(entry(1).policy.memory.allocated, 2u);
}

TEST_F(Host, a_request_is_answered_within_a_turn) {
    Fake_guest& guest = join(1, 2);
    guest.set_online(0b01);
    start();
    run(100 * millisecond);
    uint64_t const answers = guest.answers;
    ASSERT_EQ(guest.request(2), COOP_OK);
    xen.time += 10 * millisecond; // the last step is some time ago
    daemon->turn();
    guest.turn();
    EXPECT_EQ(guest.answers, answers + 1);
}

TEST_F(Host, a_request_is_answered_at_once_even_right_after_a_look) {
    Fake_guest& guest = join(1, 2);
    guest.set_online(0b01);
    start();
    run(100 * millisecond);
    for (int i = 0; i < 10; ++i) {
        run_to_a_look();
        uint64_t const answers = guest.answers;
        ASSERT_EQ(guest.request(2), COOP_OK);
        turn(guest);
        ASSERT_EQ(guest.answers, answers + 1) << i;
        run(100 * millisecond);
    }
}

TEST_F(Host, a_request_is_answered_by_a_look_at_the_domain_that_asks_alone) {
    for (Domain_number number = 1; number <= 20; ++number)
        join(number, 2);
    Fake_guest& guest = *guests.at(7);
    xen.processors = 40;
    guest.set_online(0b01);
    start();
    run(100 * millisecond);
    run_to_a_look();
    guest.set_online(0b01); // or it has been offered the second already
    entry(7).in_use = 0b01;
    entry(7).policy.memory.allocated = 1;
    uint64_t const looks = xen.looks, reads = xen.reads, steps = daemon->counts().steps;
    uint64_t const offers = guest.offers;
    xen.counted.clear();
    ASSERT_EQ(guest.request(2), COOP_OK);
    turn(guest);
    EXPECT_EQ(guest.last_answer.body.answer.outcome, COOP_GRANTED);
    EXPECT_EQ(guest.offers, offers + 1);
    EXPECT_EQ(guest.online(), 0b11u);
    turn(guest); // what came of the offer is nothing that others wait for
    EXPECT_EQ(entry(7).in_use, 0b11u);
    EXPECT_EQ(xen.counted, (std::map<Domain_number, uint64_t>{{7, 1}}));
    EXPECT_EQ(xen.looks, looks);
    EXPECT_EQ(xen.reads, reads);
    EXPECT_EQ(daemon->counts().steps, steps);
    EXPECT_EQ(daemon->counts().answers, 1u);
    run(second);
    EXPECT_EQ(guest.online(), 0b11u) << "the next looks know of it";
    EXPECT_EQ(entry(7).policy.memory.allocated, 2u);
}

// Beyond its entitlement, and asleep at all looks so far.
TEST_F(Host, a_request_is_judged_by_what_the_domain_does_when_it_asks) {
    for (bool const awake : {false, true}) {
        Fake_guest& guest = join(1, 4);
        xen.create(2, 4, {768, 0});
        block(2);
        block(1);
        guest.set_online(0b0001);
        guest.demand = 0;
        xen.processors = 4;
        start();
        run(500 * millisecond);
        run_to_a_look();
        ASSERT_EQ(guest.online(), 0b0001u);
        xen.machine.at(1).facts.vcpus[0].blocked = !awake;
        ASSERT_EQ(guest.request(4), COOP_OK);
        turn(guest);
        EXPECT_EQ(guest.last_answer.body.answer.outcome, awake ? COOP_GRANTED : COOP_REFUSED_NOW);
        EXPECT_EQ(entry(1).policy.memory.runnable, 0u) << "it chose the moment";
        destroy(1);
        destroy(2);
        kill();
    }
}

TEST_F(Host, the_operators_hand_goes_before_a_request) {
    Fake_guest& guest = join(1, 4);
    guest.set_online(0b0001);
    xen.processors = 4;
    start();
    run(100 * millisecond);
    daemon->decisions().pin(entry(1), 1);
    run(500 * millisecond);
    ASSERT_EQ(std::popcount(guest.online()), 1);
    run_to_a_look();
    daemon->decisions().pin(entry(1), 2);
    uint64_t const answers = guest.answers;
    ASSERT_EQ(guest.request(4), COOP_OK);
    turn(guest);
    EXPECT_EQ(guest.answers, answers) << "no look has seen to the operator's word yet";
    run_to_a_look();
    guest.turn();
    EXPECT_EQ(guest.answers, answers + 1);
    EXPECT_EQ(guest.last_answer.body.answer.reason, COOP_REASON_ADMINISTRATOR);
    run(200 * millisecond);
    EXPECT_EQ(std::popcount(guest.online()), 2);
}

TEST_F(Host, the_operators_hand_takes_and_gives) {
    Fake_guest& guest = join(1, 4);
    block(1);
    start();
    run(100 * millisecond);
    daemon->decisions().pin(entry(1), 2);
    run(200 * millisecond);
    EXPECT_EQ(std::popcount(guest.online()), 2);
    EXPECT_EQ(guest.reclaims, 1u);
    EXPECT_EQ(entry(1).policy.memory.enforcements, 0u);
    xen.processors = 4; // no more than the host has
    run(2 * second);
    daemon->decisions().pin(entry(1), 4);
    run(300 * millisecond);
    EXPECT_EQ(guest.online(), 0b1111u);
    EXPECT_EQ(entry(1).policy.memory.allocated, 4u);
}

TEST_F(Host, who_refuses_is_capped_at_its_entitlement_until_it_obeys) {
    Fake_guest& guest = join(1, 2);
    guest.refuses = true;
    start();
    run(100 * millisecond);
    daemon->decisions().pin(entry(1), 1);
    run(300 * millisecond);
    EXPECT_EQ(guest.reclaims, 1u);
    EXPECT_EQ(guest.online(), 0b11u);
    EXPECT_EQ(entry(1).policy.memory.enforced, 1u);
    EXPECT_EQ(xen.machine.at(1).weight.cap, 100u); // a half of two processors
    guest.set_online(0b01);
    run(100 * millisecond);
    EXPECT_EQ(xen.machine.at(1).weight.cap, 0u);
    EXPECT_EQ(entry(1).policy.memory.enforced, 0u);
    EXPECT_EQ(entry(1).link->engine().enforced, 0);
}

TEST_F(Host, who_is_silent_is_enforced_and_shown_so) {
    Fake_guest& guest = join(1, 2);
    guest.silent = true;
    start();
    run(100 * millisecond);
    daemon->decisions().pin(entry(1), 1);
    run(300 * millisecond);
    EXPECT_EQ(guest.vmm_page().status.enforced, 1u);
    EXPECT_EQ(xen.machine.at(1).weight.cap, 100u);
}

TEST_F(Host, the_toolstacks_word_counts) {
    Fake_guest& guest = join(1, 4);
    block(1);
    guest.set_online(0b0011);
    xen.machine.at(1).store["cpu/2/availability"] = "offline";
    xen.machine.at(1).store["cpu/3/availability"] = "offline";
    xen.processors = 4;
    start();
    run(100 * millisecond);
    EXPECT_EQ(entry(1).policy.config.ceiling, 2u);
    daemon->decisions().pin(entry(1), 4);
    run(200 * millisecond);
    EXPECT_EQ(guest.online(), 0b0011u);
    xen.store(1, "cpu/2/availability", "online"); // xl vcpu-set
    run(second);
    EXPECT_EQ(entry(1).policy.config.ceiling, 3u);
    EXPECT_EQ(guest.online(), 0b0111u);
}

TEST_F(Host, an_operators_new_weight_is_adopted_and_given_back) {
    xen.create(1, 2, {512, 0});
    xen.create(2, 1);
    start();
    run(200 * millisecond);
    EXPECT_NE(xen.machine.at(1).weight.weight, 512u);
    xen.machine.at(1).weight.weight = 100; // xl sched-credit2 -w 100
    run(2 * second);
    EXPECT_EQ(entry(1).operators.weight, 100u);
    EXPECT_EQ(entry(1).policy.config.weight, 100u);
    daemon->leave();
    EXPECT_EQ(xen.machine.at(1).weight, (Weight{100, 0}));
    EXPECT_EQ(xen.machine.at(2).weight, (Weight{256, 0}));
    EXPECT_FALSE(xen.machine.at(1).store.contains("cooperation/weight"));
    EXPECT_FALSE(xen.machine.at(0).store.contains("cooperation/rate-limit"));
}

TEST_F(Host, dry_run_changes_nothing) {
    settings.dry_run = true;
    Fake_guest const& guest = join(1, 2);
    start();
    run(second);
    EXPECT_EQ(xen.machine.at(1).weight, Weight{});
    EXPECT_EQ(xen.limit, 1000u);
    EXPECT_EQ(guest.engine().state, COOP_GUEST_REJECTED);
    EXPECT_FALSE(xen.machine.at(1).store.contains("cooperation/weight"));
}

} // namespace lavandin::coopd
