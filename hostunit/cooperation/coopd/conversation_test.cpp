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
        uint64_t const steps = daemon->counts().steps;
        while (daemon->counts().steps == steps)
            run(millisecond);
        uint64_t const answers = guest.answers;
        ASSERT_EQ(guest.request(2), COOP_OK);
        xen.time += 10 * microsecond;
        daemon->turn();
        guest.turn();
        ASSERT_EQ(guest.answers, answers + 1) << i;
        run(100 * millisecond);
    }
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
