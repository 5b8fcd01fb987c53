// SPDX-License-Identifier: MIT
// Domains come, leave, are destroyed; coopd dies and comes back. Nothing is held too long.
#include "host.hpp"

#include <random>

namespace lavandin::coopd {

TEST_F(Host, who_leaves_is_unmapped_at_once_and_may_come_back) {
    Fake_guest& guest = join(1, 2);
    start();
    run(100 * millisecond);
    ASSERT_TRUE(guest.joined());
    guest.leave();
    daemon->turn();
    expect_nothing_held();
    EXPECT_FALSE(xen.machine.at(1).store.contains(COOP_STORE_VMM_STATE));
    guest.renew();
    run(2 * second);
    EXPECT_TRUE(guest.joined());
    EXPECT_EQ(xen.mapped.size(), 2u);
}

TEST_F(Host, who_says_so_by_the_store_alone_is_unmapped_too) {
    join(1, 2);
    start();
    run(2 * second);
    ASSERT_EQ(xen.mapped.size(), 2u);
    guests.clear(); // it does nothing any more
    xen.store(1, COOP_STORE_STATE, COOP_STORE_CLOSED);
    daemon->turn();
    expect_nothing_held();
}

TEST_F(Host, who_comes_back_quickly_in_new_pages_is_found) {
    Fake_guest& guest = join(1, 2);
    start();
    run(100 * millisecond);
    for (int i = 0; i < 5; ++i) {
        xen.store(1, COOP_STORE_STATE, COOP_STORE_CLOSED);
        guest.renew(); // coopd has seen nothing of it
        run(2 * second);
        EXPECT_TRUE(guest.joined());
        EXPECT_EQ(xen.mapped.size(), 2u);
        EXPECT_EQ(xen.bound.size(), 1u);
    }
}

// The toolstack names a domain a little after it has made it; coopd looks for names once a second.
TEST_F(Host, settings_hold_for_one_that_is_named_late) {
    settings.domains["guest-1"].turn_away = true;
    start();
    run(900 * millisecond);
    xen.create(1, 2);
    xen.machine.at(1).store.erase("name");
    run(150 * millisecond);
    xen.machine.at(1).store["name"] = "guest-1";
    guests[1] = std::make_unique<Fake_guest>(xen, 1);
    bool joined = false;
    for (unsigned i = 0; i < 30; ++i) {
        run(50 * millisecond);
        joined |= guests.at(1)->joined();
    }
    EXPECT_FALSE(joined);
}

TEST_F(Host, a_destroyed_domain_is_unmapped_in_the_next_turn) {
    join(1, 2);
    start();
    run(100 * millisecond);
    ASSERT_EQ(xen.mapped.size(), 2u);
    destroy(1);
    daemon->turn();
    expect_nothing_held();
    EXPECT_EQ(daemon->ledger().find(1), nullptr);
    EXPECT_EQ(xen.watches.size(), 0u);
}

// Xen keeps a dying domain in its list as long as somebody holds a page of it.
TEST_F(Host, a_dying_or_ended_domain_is_let_go) {
    for (bool Domain_facts::*how : {&Domain_facts::dying, &Domain_facts::ended}) {
        join(1, 2);
        start();
        run(100 * millisecond);
        ASSERT_EQ(xen.mapped.size(), 2u);
        guests.clear();
        xen.machine.at(1).facts.*how = true;
        run(50 * millisecond);
        expect_nothing_held();
        kill();
    }
}

TEST_F(Host, a_number_that_is_used_again_is_another_domain) {
    join(1, 2, {400, 0});
    start();
    run(100 * millisecond);
    destroy(1);
    Fake_guest const& guest = join(1, 4);
    run(2 * second);
    EXPECT_TRUE(guest.joined());
    EXPECT_EQ(entry(1).facts.vcpus.size(), 4u);
    EXPECT_EQ(entry(1).operators.weight, 256u);
    EXPECT_EQ(xen.mapped.size(), 2u);
}

TEST_F(Host, coopd_killed_and_started_again_finds_everything) {
    Fake_guest const& guest = join(1, 4, {512, 0});
    start();
    run(200 * millisecond);
    uint32_t const before = guest.engine().instance;
    EXPECT_NE(xen.machine.at(1).weight.weight, 512u);
    kill();
    expect_nothing_held();
    run(100 * millisecond);
    start();
    run(100 * millisecond);
    EXPECT_TRUE(guest.joined());
    EXPECT_NE(guest.engine().instance, before);
    EXPECT_EQ(entry(1).operators, (Weight{512, 0}));
    EXPECT_EQ(entry(1).in_use, guest.online());
    daemon->leave();
    EXPECT_EQ(xen.machine.at(1).weight, (Weight{512, 0}));
    expect_nothing_held();
}

TEST_F(Host, a_manager_that_starts_again_in_the_same_pages_is_heard) {
    Fake_guest& guest = join(1, 2);
    start();
    run(100 * millisecond);
    uint32_t const session = entry(1).link->engine().session;
    guest.begin();
    run(100 * millisecond);
    EXPECT_TRUE(guest.joined());
    EXPECT_NE(entry(1).link->engine().session, session);
    EXPECT_EQ(xen.mapped.size(), 2u);
}

TEST_F(Host, coopd_leaves_in_good_order) {
    Fake_guest& guest = join(1, 2);
    start();
    run(100 * millisecond);
    daemon->leave();
    guest.turn();
    EXPECT_EQ(guest.engine().state, COOP_GUEST_APART);
    EXPECT_EQ(guest.vmm_page().side.state, uint32_t{COOP_SIDE_CLOSED});
    expect_nothing_held();
}

// A hundred domains, created and destroyed at random while they talk, with calls that fail, and
// coopd dying in between.
TEST_F(Host, a_hundred_domains_come_and_go) {
    std::mt19937_64 random{7};
    uint64_t destroyed = 0, deaths = 0;
    start();
    for (int round = 0; round < 1500; ++round) {
        auto const number = static_cast<Domain_number>(1 + random() % 100);
        auto const found = guests.find(number);
        if (found == guests.end()) {
            join(number, 1 + random() % 4);
        } else {
            switch (random() % 6) {
            case 0:
            case 1:
                destroy(number);
                ++destroyed;
                break;
            case 2:
                found->second->leave();
                found->second->renew();
                break;
            case 3:
                found->second->begin();
                break;
            case 4:
                found->second->silent = !found->second->silent;
                break;
            default:
                found->second->request(static_cast<uint16_t>(1));
            }
        }
        xen.fail_maps = random() % 16 == 0;
        xen.fail_binds = random() % 16 == 0;
        xen.fail_weights = random() % 16 == 0;
        xen.fail_writes = random() % 16 == 0;
        if (random() % 200 == 0) {
            kill();
            ++deaths;
            expect_nothing_held();
            start();
        }
        run((1 + random() % 5) * millisecond);
    }
    xen.fail_maps = xen.fail_binds = xen.fail_weights = xen.fail_writes = 0;
    for (auto& [number, guest] : guests) {
        guest->silent = false;
        if (!guest->joined()) { // for want of a page, say: it tries again
            guest->leave();
            run(3 * millisecond);
        }
    }
    run(2 * second);
    for (auto& [number, guest] : guests)
        if (!guest->joined())
            guest->renew();
    run(5 * second);
    EXPECT_GT(destroyed, 100u);
    EXPECT_GT(deaths, 2u);
    ASSERT_EQ(daemon->ledger().domains().size(), guests.size() + 1);
    for (auto const& [number, guest] : guests) {
        EXPECT_TRUE(guest->joined()) << number;
        EXPECT_EQ(entry(number).in_use, guest->online()) << number;
        EXPECT_EQ(entry(number).link->engine().misbehaviour, 0u) << number;
    }
    EXPECT_EQ(xen.mapped.size(), 2 * guests.size());
    EXPECT_EQ(xen.bound.size(), guests.size());
    while (!guests.empty())
        destroy(guests.begin()->first);
    run(50 * millisecond);
    expect_nothing_held();
    EXPECT_EQ(daemon->ledger().domains().size(), 1u);
    EXPECT_EQ(xen.watches.size(), 0u);
}

} // namespace lavandin::coopd
