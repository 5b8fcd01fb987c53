// SPDX-License-Identifier: MIT
#include <servers/memory/accounts.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace {

using namespace lavandin::memory;
using lavandin::abi::Error;

constexpr uint64_t page = 4096;

// Accounts and what lies under them.
struct Kept_accounts {
    Accounts::Regions regions{};
    Accounts accounts;

    explicit Kept_accounts(uint64_t limit) : accounts{limit, regions} {}
};

struct Holder {
    std::unique_ptr<Kept_accounts> kept;
    Accounts* operator->() const { return &kept->accounts; }
    Accounts& operator*() const { return kept->accounts; }
};

Holder make(uint64_t limit) { return {std::make_unique<Kept_accounts>(limit)}; }

TEST(Accounts, charges_and_gives_back) {
    auto const accounts = make(10 * page);
    auto const first = accounts->add(7, 3 * page, 100);
    auto const second = accounts->add(7, page, 101);
    EXPECT_NE(first, second);
    EXPECT_EQ(accounts->used(7), 4 * page);
    EXPECT_EQ(accounts->used(8), 0u);
    EXPECT_EQ(accounts->find(7, first)->memory, 100u);
    accounts->remove(7, first);
    EXPECT_EQ(accounts->used(7), page);
    EXPECT_EQ(accounts->find(7, first), nullptr);
}

TEST(Accounts, a_client_reaches_only_its_own) {
    auto const accounts = make(10 * page);
    auto const number = accounts->add(7, page, 100);
    EXPECT_EQ(accounts->find(8, number), nullptr);
    accounts->remove(8, number);
    EXPECT_NE(accounts->find(7, number), nullptr);
    EXPECT_EQ(accounts->find(0, 0), nullptr);
}

TEST(Accounts, what_a_client_keeps_stays_charged) {
    auto const accounts = make(10 * page);
    auto const number = accounts->add(7, page, 100);
    accounts->keep_charged(7, number);
    EXPECT_EQ(accounts->find(7, number), nullptr);
    EXPECT_EQ(accounts->find(7, 0), nullptr);
    EXPECT_EQ(accounts->used(7), page);
}

TEST(Accounts, a_client_has_a_limit_of_bytes) {
    auto const accounts = make(10 * page);
    EXPECT_TRUE(accounts->check(7, 10 * page).ok());
    EXPECT_EQ(accounts->check(7, 11 * page).error(), Error::quota_exceeded);
    EXPECT_EQ(accounts->check(7, ~uint64_t{0}).error(), Error::quota_exceeded);
    accounts->add(7, 9 * page, 1);
    EXPECT_EQ(accounts->check(7, 2 * page).error(), Error::quota_exceeded);
    EXPECT_TRUE(accounts->check(8, 10 * page).ok());
}

TEST(Accounts, a_client_has_a_limit_of_regions) {
    auto const accounts = make(1 << 30);
    for (size_t i = 0; i < Accounts::maximum_client_regions; ++i) {
        EXPECT_TRUE(accounts->check(7, page).ok());
        accounts->add(7, page, 1);
    }
    EXPECT_EQ(accounts->check(7, page).error(), Error::table_full);
    EXPECT_TRUE(accounts->check(8, page).ok());
}

// As many regions as check() allows.
size_t take_all(Accounts& accounts, Client client) {
    size_t taken = 0;
    for (; accounts.check(client, page).ok(); ++taken)
        EXPECT_NE(accounts.add(client, page, 1), 0u);
    return taken;
}

TEST(Accounts, clients_that_take_all_they_can_leave_each_other_their_own) {
    constexpr Client clients = lavandin::init_protocol::maximum_processes;
    auto const accounts = make(1 << 30);
    size_t taken = 0;
    for (Client client = 1; client <= clients; ++client) {
        size_t const of_client = take_all(*accounts, client);
        EXPECT_GE(of_client, Accounts::own_regions) << client;
        taken += of_client;
    }
    EXPECT_EQ(taken, Accounts::maximum_regions);
    EXPECT_EQ(accounts->check(1, page).error(), Error::table_full);
}

TEST(Accounts, shared_regions_come_back) {
    auto const accounts = make(1 << 30);
    for (Client client = 1; client <= 8; ++client)
        take_all(*accounts, client);
    size_t const poor = Accounts::own_regions;
    EXPECT_EQ(take_all(*accounts, 20), poor);
    for (int i = 0; i < 5; ++i)
        accounts->remove_any(3);
    EXPECT_EQ(take_all(*accounts, 20), 5u);
    while (accounts->remove_any(20).client != 0)
        continue;
    EXPECT_EQ(take_all(*accounts, 21), poor + 5);
    EXPECT_EQ(take_all(*accounts, 20), poor);
}

// The invariant behind the promise, whatever is done in whatever order.
TEST(Accounts, own_regions_are_there_after_any_history) {
    constexpr Client clients = lavandin::init_protocol::maximum_processes;
    auto const accounts = make(1 << 30);
    std::mt19937 random{1};
    std::vector<std::pair<Client, Region_number>> held;
    for (int step = 0; step < 20'000; ++step) {
        Client const client = 1 + static_cast<Client>(random() % clients);
        if (random() % 3 != 0 && accounts->check(client, page).ok()) {
            held.emplace_back(client, accounts->add(client, page, 1));
        } else if (!held.empty()) {
            std::swap(held[random() % held.size()], held.back());
            accounts->remove(held.back().first, held.back().second);
            held.pop_back();
        }
    }
    for (Client client = 1; client <= clients; ++client) {
        auto const has = static_cast<size_t>(
            std::count_if(held.begin(), held.end(),
                          [client](auto const& region) { return region.first == client; }));
        EXPECT_GE(has + take_all(*accounts, client), Accounts::own_regions);
    }
}

TEST(Accounts, an_ended_client_gives_back_everything) {
    auto const accounts = make(1 << 30);
    for (uint32_t i = 0; i < 5; ++i)
        accounts->add(7, page, i);
    accounts->keep_charged(7, accounts->add(7, page, 5));
    accounts->add(9, page, 50);
    Client clients[4];
    EXPECT_EQ(accounts->clients(clients), 2u);
    size_t count = 0;
    while (accounts->remove_any(7).client != 0)
        ++count;
    EXPECT_EQ(count, 6u);
    EXPECT_EQ(accounts->clients(clients), 1u);
    EXPECT_EQ(clients[0], 9u);
    EXPECT_EQ(accounts->remove_any(0).client, 0u);
}

TEST(Accounts, a_successor_goes_on_with_what_is_there) {
    auto const first = make(10 * page);
    auto const kept = first->add(7, 3 * page, 100);
    first->add(8, page, 101);
    Accounts second{10 * page, first.kept->regions};
    EXPECT_EQ(second.used(7), 3 * page);
    EXPECT_EQ(second.find(7, kept)->memory, 0u); // the capability died with the predecessor
    EXPECT_EQ(second.find(8, kept), nullptr);
    EXPECT_GT(second.add(9, page, 1), kept + 1);
    second.remove(7, kept);
    EXPECT_EQ(second.used(7), 0u);
}

TEST(Accounts, a_successor_knows_what_is_shared) {
    auto const first = make(1 << 30);
    Client client = 100;
    for (; first->check(client, page).ok(); ++client)
        take_all(*first, client);
    Accounts second{1 << 30, first.kept->regions};
    EXPECT_EQ(second.check(100, page).error(), Error::table_full);
    second.remove_any(100); // a shared one
    EXPECT_TRUE(second.check(100, page).ok());
}

TEST(Accounts, what_is_no_account_is_dropped) {
    auto const first = make(10 * page);
    first->add(7, page, 100);
    auto& regions = first.kept->regions;
    regions[5] = {8, 70, 1, 0};
    regions[6] = {8, 71, 1, 17};
    regions[7] = {8, 72, 1, uint64_t{1} << 40};
    regions[8] = {0, 73, 1, page};
    Accounts second{10 * page, regions};
    EXPECT_EQ(second.used(7), page);
    EXPECT_EQ(second.used(8), 0u);
    Client clients[4];
    EXPECT_EQ(second.clients(clients), 1u);
}

} // namespace
