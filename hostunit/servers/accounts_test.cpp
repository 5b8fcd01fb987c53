// SPDX-License-Identifier: MIT
#include <servers/memory/accounts.hpp>

#include <gtest/gtest.h>
#include <memory>

namespace {

using namespace lavandin::memory;
using lavandin::abi::Error;

constexpr uint64_t page = 4096;

std::unique_ptr<Accounts> make(uint64_t limit) { return std::make_unique<Accounts>(limit); }

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

TEST(Accounts, clients_cannot_take_all_places) {
    auto const accounts = make(1 << 30);
    for (size_t i = 0; i < Accounts::maximum_client_regions; ++i)
        accounts->add(7, page, 1);
    EXPECT_EQ(accounts->check(7, page).error(), Error::table_full);
    EXPECT_TRUE(accounts->check(8, page).ok());
    for (Client client = 100; client < 100 + Accounts::maximum_regions; ++client)
        accounts->add(client, page, 1);
    EXPECT_EQ(accounts->check(8, page).error(), Error::table_full);
}

TEST(Accounts, an_ended_client_gives_back_everything) {
    auto const accounts = make(1 << 30);
    for (uint32_t i = 0; i < 5; ++i)
        accounts->add(7, page, i);
    accounts->add(9, page, 50);
    Client clients[4];
    EXPECT_EQ(accounts->clients(clients), 2u);
    size_t count = 0;
    accounts->keep_charged(7, accounts->any(7)->number);
    while (Region* const region = accounts->any(7)) {
        *region = {};
        ++count;
    }
    EXPECT_EQ(count, 5u);
    EXPECT_EQ(accounts->clients(clients), 1u);
    EXPECT_EQ(clients[0], 9u);
}

} // namespace
