// SPDX-License-Identifier: MIT
// What a hostile guest can do to coopd and to its neighbours: nothing, and little at that.
#include "host.hpp"

#include <random>

namespace lavandin::coopd {

namespace {

void garble(std::mt19937_64& random, void* page) {
    auto* const words = static_cast<uint64_t*>(page);
    for (int i = 0; i < 16; ++i)
        words[random() % 512] = random();
}

} // namespace

TEST_F(Host, keys_that_cannot_be_used_are_refused_until_it_has_closed) {
    struct Wrong {
        char const* key;
        std::string value;
    };
    Wrong const wrong[]{{COOP_STORE_VERSION_LEAST, "2"},
                        {COOP_STORE_VERSION_MOST, "0"},
                        {COOP_STORE_GUEST_PAGE, "-1"},
                        {COOP_STORE_GUEST_PAGE, "4294967295"},
                        {COOP_STORE_GUEST_PAGE, "99999999999999999999"},
                        {COOP_STORE_GUEST_PAGE, ""},
                        {COOP_STORE_VMM_PAGE, "12345678"},
                        {COOP_STORE_VMM_PAGE, std::string(200, '1')},
                        {COOP_STORE_EVENT_CHANNEL, "0"},
                        {COOP_STORE_EVENT_CHANNEL, "no\x1b[31mport"}};
    Domain_number number = 1;
    start();
    for (Wrong const& each : wrong) {
        Fake_guest& guest = join(number, 1);
        std::string const right = xen.machine.at(number).store.at(each.key);
        xen.store(number, each.key, each.value);
        run(1100 * millisecond);
        EXPECT_EQ(entry(number).presence, Presence::unusable) << each.key << each.value;
        EXPECT_TRUE(xen.machine.at(number).store.at(COOP_STORE_VMM_STATE).starts_with("unusable "));
        xen.store(number, each.key, right);
        run(1100 * millisecond);
        EXPECT_FALSE(guest.joined()) << "keys that change later count for nothing";
        xen.store(number, COOP_STORE_STATE, COOP_STORE_CLOSED);
        run(1100 * millisecond);
        xen.store(number, COOP_STORE_STATE, COOP_STORE_READY);
        run(1100 * millisecond);
        EXPECT_TRUE(guest.joined()) << each.key << each.value;
        ++number;
    }
}

TEST_F(Host, pages_that_are_the_same_or_read_only_or_strange_are_refused) {
    start();
    Fake_guest& same = join(1, 1);
    xen.store(1, COOP_STORE_VMM_PAGE, xen.machine.at(1).store.at(COOP_STORE_GUEST_PAGE));
    Fake_guest& strange = join(2, 1);
    strange.guest_page().side.magic = 7;
    run(50 * millisecond);
    EXPECT_FALSE(same.joined());
    EXPECT_FALSE(strange.joined());
    EXPECT_EQ(entry(1).presence, Presence::unusable);
    EXPECT_EQ(entry(2).presence, Presence::unusable);
    expect_nothing_held();
}

TEST_F(Host, what_fails_half_way_leaves_nothing_behind) {
    for (unsigned maps : {1u, 0u}) {
        Fake_guest const& guest = join(1, 1);
        xen.fail_maps = maps;
        xen.fail_binds = maps == 0;
        start();
        run(50 * millisecond);
        EXPECT_FALSE(guest.joined());
        expect_nothing_held();
        kill();
    }
}

TEST_F(Host, garbage_in_both_pages_suspends_and_disturbs_nobody) {
    std::mt19937_64 random{3};
    Fake_guest& bad = join(1, 2);
    Fake_guest& good = join(2, 2);
    good.set_online(0b01);
    start();
    run(100 * millisecond);
    ASSERT_TRUE(bad.joined());
    ASSERT_TRUE(good.joined());
    bool suspended = false;
    for (int i = 0; i < 2000; ++i) {
        garble(random, &bad.guest_page());
        garble(random, &bad.vmm_page());
        bad.guest_page().side.magic = COOP_GUEST_MAGIC;
        bad.guest_page().side.state = COOP_SIDE_OPEN;
        xen.edge(1, bad.port());
        xen.time += 5 * millisecond;
        daemon->turn();
        good.turn();
        suspended |= entry(1).link && entry(1).link->engine().state == COOP_VMM_SUSPENDED;
    }
    EXPECT_TRUE(suspended);
    EXPECT_TRUE(good.joined());
    EXPECT_EQ(entry(2).link->engine().misbehaviour, 0u);
    uint64_t const answers = good.answers;
    good.request(2);
    run(20 * millisecond);
    EXPECT_EQ(good.answers, answers + 1);
    // Once it behaves it is heard again.
    xen.store(1, COOP_STORE_STATE, COOP_STORE_CLOSED);
    bad.renew();
    run(3 * second);
    EXPECT_TRUE(bad.joined());
}

TEST_F(Host, a_storm_of_edges_costs_one_wake_up_per_interval) {
    join(1, 1);
    start();
    run(100 * millisecond);
    guests.clear();
    uint64_t const before = xen.edges;
    Time const begun = xen.time;
    for (int i = 0; i < 100'000; ++i) {
        for (auto& [port, channel] : xen.bound)
            channel.pending = true;
        xen.time += 10 * microsecond;
        daemon->turn();
    }
    uint64_t const allowed = (xen.time - begun) / settings.message_interval + 16;
    EXPECT_LE(xen.edges - before, allowed);
    EXPECT_GE(xen.edges - before, allowed / 2) << "edges still come through";
}

TEST_F(Host, a_flood_of_messages_waits_at_its_makers_cost) {
    Fake_guest& bad = join(1, 1);
    Fake_guest& good = join(2, 2);
    good.set_online(0b01);
    start();
    run(100 * millisecond);
    // Of another session: harmless by itself, so that nothing but the rate holds it back.
    coop_message message{};
    message.head = {COOP_RELEASE, 0, 12345, 5, 0, 1};
    message.body.release.processors = 2;
    message.body.release.online = 1;
    message.body.release.manner = COOP_MANNER_STOP;
    uint64_t const before = entry(1).link->engine().errors[COOP_ERROR_SESSION];
    Time const begun = xen.time;
    for (int i = 0; i < 1000; ++i) {
        for (int j = 0; j < 16; ++j)
            bad.put(message);
        xen.time += millisecond;
        daemon->turn();
        good.turn();
    }
    coop_vmm const& engine = entry(1).link->engine();
    uint64_t const taken = engine.errors[COOP_ERROR_SESSION] - before;
    EXPECT_GT(taken, 0u);
    EXPECT_LE(taken, (xen.time - begun) / settings.message_interval + settings.burst + 1);
    uint64_t const answers = good.answers;
    good.request(2);
    run(20 * millisecond);
    EXPECT_EQ(good.answers, answers + 1);
}

TEST_F(Host, a_storm_in_the_store_costs_a_look_per_second) {
    join(1, 1);
    start();
    run(2 * second);
    guests.clear();
    uint64_t const before = xen.reads;
    for (int i = 0; i < 100'000; ++i) {
        xen.store(1, COOP_STORE_STATE, i % 2 == 0 ? COOP_STORE_CLOSED : COOP_STORE_READY);
        xen.time += 100 * microsecond;
        daemon->turn();
    }
    // In ten seconds: per look and domain at most eight keys, and both names.
    EXPECT_LE(xen.reads - before, 10u * (2 * 8 + 2));
    EXPECT_LT(xen.waiting_events(), 10u);
}

TEST_F(Host, requests_without_end_do_not_make_the_policy_run_without_end) {
    Fake_guest& bad = join(1, 2);
    bad.set_online(0b01);
    start();
    run(100 * millisecond);
    uint64_t const before = daemon->counts().steps;
    Time const begun = xen.time;
    for (int i = 0; i < 10'000; ++i) {
        bad.request(2);
        xen.run(100 * microsecond);
        daemon->turn();
    }
    uint64_t const regular = (xen.time - begun) / settings.interval * 2;
    uint64_t const asked = (xen.time - begun) / settings.message_interval + settings.burst;
    EXPECT_LE(daemon->counts().steps - before, regular + asked);
}

// With what its looks may take, that leaves most of a processor to dom0's other programs.
TEST_F(Host, requests_take_a_fifth_of_a_processor_at_most) {
    constexpr Domain_number many = 40;
    for (Domain_number number = 1; number <= many; ++number)
        join(number, 2).set_online(0b01);
    start();
    run(200 * millisecond);
    Time spent = 0;
    xen.after_count = [&] {
        spent += 100 * microsecond;
        xen.run(100 * microsecond);
    };
    Time const begun = xen.time;
    while (xen.time - begun < second) {
        for (auto& [number, guest] : guests)
            guest->request(2);
        xen.run(100 * microsecond);
        daemon->turn();
    }
    for (auto const& [number, guest] : guests)
        EXPECT_GT(guest->answers, 5u) << number;
    EXPECT_LE(spent, (xen.time - begun) / 5 + many * 100 * microsecond);
    EXPECT_GT(spent, (xen.time - begun) / 10) << "they do not ask enough";
}

TEST_F(Host, a_claim_that_xen_disproves_is_a_violation) {
    Fake_guest& guest = join(1, 2);
    start();
    run(100 * millisecond);
    ASSERT_TRUE(guest.joined());
    block(1); // it sleeps, and claims to be busy
    for (int i = 0; i < 4000; ++i) {
        xen.time += millisecond;
        coop_report& report = guest.guest_page().report;
        report.number += 1;
        report.time = xen.time;
        report.processor[0].busy += 2 * millisecond;
        daemon->turn();
    }
    EXPECT_GT(entry(1).link->engine().errors[COOP_ERROR_CONTRADICTION], 0u);
}

} // namespace lavandin::coopd
