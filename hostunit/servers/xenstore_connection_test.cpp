// SPDX-License-Identifier: MIT
#include "fake_store.hpp"

#include <servers/xenstore/shutdown_watch.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>

namespace {

using namespace lavandin::xenstore;

using Store = Fake_store;
constexpr Connection::Generation first{1};
constexpr uint32_t first_number = 1 << 20; // requests count on from here

struct Guest {
    Store store;
    std::unique_ptr<Connection> connection =
        std::make_unique<Connection>(store.page, store.progress, first);
    Shutdown_watch watch;

    void pump() {
        connection->pump([&](Message const& message) { watch.arrived(*connection, message); });
        connection->pump([&](Message const& message) { watch.arrived(*connection, message); });
    }

    void fire_watch() {
        store.answer(XS_WATCH_EVENT, 0, std::string_view{"control/shutdown\0shutdown\0", 26});
        pump();
    }
};

TEST(Xenstore_connection, more_than_a_ring_full_is_sent_as_room_comes) {
    Store store;
    Connection connection{store.page, store.progress, first};
    std::string const value(900, 'v');
    EXPECT_EQ(connection.send(XS_WRITE, {"a", value}, true), first_number + 1);
    EXPECT_EQ(connection.send(XS_WRITE, {"b", value}, true), first_number + 2);
    auto const ignore = [](Message const&) {};
    size_t requests = 0;
    for (int i = 0; i < 10; ++i) {
        connection.pump(ignore);
        for (auto const& request : store.take())
            EXPECT_EQ(request.header.req_id, first_number + ++requests);
    }
    EXPECT_EQ(requests, 2u);
}

TEST(Xenstore_connection, a_silent_store_costs_bounded_memory) {
    Store store;
    Connection connection{store.page, store.progress, first};
    std::string const value(1000, 'v');
    int sent = 0;
    while (connection.send(XS_WRITE, {"a", value}, true) != 0)
        ++sent;
    EXPECT_EQ(sent, 8);
    EXPECT_TRUE(connection.working());
}

TEST(Xenstore_connection, counts_found_at_the_start_are_taken_as_they_are) {
    Store store;
    store.page.req_cons = store.page.req_prod = 77;
    store.page.rsp_cons = store.page.rsp_prod = 0xffff'fff0;
    Connection connection{store.page, store.progress, first};
    connection.send(XS_READ, {"k"});
    connection.pump([](Message const&) {});
    ASSERT_EQ(store.take().size(), 1u);
    store.answer(XS_READ, 1, "v");
    std::string value;
    connection.pump([&](Message const& message) { value = message.payload; });
    EXPECT_EQ(value, "v");
}

TEST(Xenstore_connection, impossible_counts_and_lengths_end_it) {
    for (int kind = 0; kind < 3; ++kind) {
        Store store;
        Connection connection{store.page, store.progress, first};
        connection.send(XS_READ, {"k"});
        if (kind == 0)
            store.page.req_cons = 9999;
        else if (kind == 1)
            store.page.rsp_prod = 9999;
        else
            store.answer(XS_READ, 1, "");
        if (kind == 2)
            store.page.rsp[12] = store.page.rsp[15] = 0x7f;
        connection.pump([](Message const&) { FAIL(); });
        EXPECT_FALSE(connection.working());
        EXPECT_EQ(connection.send(XS_READ, {"k"}), 0u);
    }
}

TEST(Xenstore_connection, begins_anew_after_what_cannot_be) {
    for (int kind = 0; kind < 3; ++kind) {
        Store store;
        Connection connection{store.page, store.progress, first};
        if (kind == 0)
            store.page.req_cons = 9999;
        else if (kind == 1)
            store.page.rsp_prod = 9999;
        else
            store.answer(XS_READ, 0x7f7f7f7f, std::string(100, '\x7f'));
        if (kind == 2)
            store.page.rsp[12] = store.page.rsp[15] = 0x7f;
        connection.send(XS_READ, {"k"});
        connection.pump([](Message const&) { FAIL(); });
        ASSERT_FALSE(connection.working());
        connection.restart();
        ASSERT_TRUE(connection.working());
        uint32_t const number = connection.send(XS_READ, {"again"});
        connection.pump([](Message const&) { FAIL(); });
        ASSERT_EQ(store.take().back().header.req_id, number);
        store.answer(XS_READ, number, "v");
        std::string value;
        connection.pump([&](Message const& message) { value = message.payload; });
        EXPECT_EQ(value, "v");
    }
}

// Servers die between any two steps; what their clients asked for is lost, but the store hears
// whole messages and whoever is next understands the answers from the first one on that begins with
// it.
TEST(Xenstore_connection, a_successor_finds_the_next_message) {
    std::mt19937 random{7};
    Store store;
    store.page.req_cons = store.page.req_prod = 0xffff'ff00;
    store.page.rsp_cons = store.page.rsp_prod = 0xffff'f800;
    uint64_t understood = 0;
    for (uint32_t generation = 1; generation < 2000; ++generation) {
        Connection connection{store.page, store.progress, {generation}};
        for (auto steps = random() % 12; steps > 0; --steps) {
            if (random() % 3 == 0)
                connection.send(XS_WRITE, {"k", std::string(random() % 3000, 'v')}, true);
            connection.pump([&](Message const& message) {
                ASSERT_EQ(message.header.type, static_cast<uint32_t>(XS_READ));
                ASSERT_EQ(message.payload, std::string(message.header.req_id, 'a'));
                ++understood;
            });
            ASSERT_TRUE(connection.working());
            store.take_bytes(random() % 700);
            for (auto const& request : store.take_whole()) {
                ASSERT_EQ(request.header.type, static_cast<uint32_t>(XS_WRITE));
                ASSERT_LT(request.header.req_id, (generation + 1) << 20);
            }
            if (store.queued() < 2000)
                store.queue_answer(XS_READ, random() % 2500);
            store.fill(random() % 700);
        }
    }
    EXPECT_GT(understood, 500u);
}

TEST(Xenstore_connection, a_successor_numbers_its_requests_anew) {
    Store store;
    Connection{store.page, store.progress, first}.send(XS_READ, {"k"});
    Connection second{store.page, store.progress, {2}};
    EXPECT_EQ(second.send(XS_READ, {"k"}), (2u << 20) + 1);
}

// A store that fills the ring as fast as it is emptied.
TEST(Xenstore_connection, a_flood_is_taken_in_parts) {
    Store store;
    Connection connection{store.page, store.progress, first};
    size_t messages = 0;
    std::string const event{"data\0"
                            "1\0",
                            7};
    auto const refill = [&](Message const&) {
        ++messages;
        store.answer(XS_WATCH_EVENT, 0, event);
    };
    for (int i = 0; i < 40; ++i)
        store.answer(XS_WATCH_EVENT, 0, event);
    connection.pump(refill);
    EXPECT_TRUE(connection.exhausted());
    EXPECT_LE(messages, Connection::bytes_at_once / (sizeof(xsd_sockmsg) + event.size()));
    EXPECT_LE(connection.taken(), Connection::bytes_at_once);
    for (size_t const limit : {size_t{0}, size_t{15}, size_t{40}}) {
        connection.pump(refill, limit);
        EXPECT_LE(connection.taken(), limit);
        EXPECT_TRUE(connection.exhausted());
    }
    connection.pump([](Message const&) {});
    EXPECT_FALSE(connection.exhausted());
    EXPECT_TRUE(connection.working());
}

TEST(Xenstore_connection, random_bytes_never_leave_the_buffers) {
    std::mt19937 random{1};
    for (int round = 0; round < 200; ++round) {
        Guest guest;
        guest.watch.start(*guest.connection);
        for (int i = 0; i < 50 && guest.connection->working(); ++i) {
            for (int byte = 0; byte < 64; ++byte)
                guest.store.put(
                    std::string(1, static_cast<char>(random() % 20 == 0 ? random() : 0)));
            guest.pump();
            guest.store.take_bytes();
        }
    }
}

// Every word of the page but our own counts may change at every step, and servers die in between.
TEST(Xenstore_connection, random_counts_at_every_step_never_leave_the_buffers) {
    std::mt19937 random{20261121};
    for (int round = 0; round < 60; ++round) {
        auto const store = std::make_unique<Store>();
        std::unique_ptr<Connection> connection;
        for (uint32_t step = 0; step < 600; ++step) {
            if (connection == nullptr || random() % 60 == 0)
                connection = std::make_unique<Connection>(store->page, store->progress,
                                                          Connection::Generation{step + 1});
            uint32_t* const counts[] = {&store->page.req_cons, &store->page.req_prod,
                                        &store->page.rsp_cons, &store->page.rsp_prod};
            uint32_t& count = *counts[random() % 4];
            count = random() % 3 == 0 ? static_cast<uint32_t>(random())
                                      : count + static_cast<uint32_t>(random() % 2000);
            for (int i = 0; i < 40; ++i)
                store->page.rsp[random() % XENSTORE_RING_SIZE] =
                    static_cast<char>(random() % 3 == 0 ? random() : 0);
            connection->send(XS_WRITE, {"k", std::string(random() % 1500, 'v')}, true);
            connection->pump([](Message const& message) {
                ASSERT_LE(message.payload.size(), size_t{XENSTORE_PAYLOAD_MAX});
            });
            if (!connection->working() || connection->within_message())
                connection->restart();
            ASSERT_TRUE(connection->working());
        }
    }
}

class Shutdown_order : public testing::TestWithParam<std::pair<char const*, Order>> {};

TEST_P(Shutdown_order, is_acknowledged_before_it_is_obeyed) {
    Guest guest;
    guest.watch.start(*guest.connection);
    guest.pump();
    auto requests = guest.store.take();
    ASSERT_EQ(requests.size(), 4u);
    EXPECT_EQ(requests[0].header.type, static_cast<uint32_t>(XS_RESET_WATCHES));
    EXPECT_EQ(requests[3].header.type, static_cast<uint32_t>(XS_WATCH));
    EXPECT_EQ(requests[3].payload, std::string("control/shutdown\0shutdown\0", 26));

    guest.fire_watch();
    requests = guest.store.take();
    ASSERT_EQ(requests.size(), 1u);
    EXPECT_EQ(requests[0].header.type, static_cast<uint32_t>(XS_READ));
    guest.store.answer(XS_READ, requests[0].header.req_id, GetParam().first);
    guest.pump();
    EXPECT_EQ(guest.watch.order(), Order::none);
    requests = guest.store.take();
    ASSERT_EQ(requests.size(), 1u);
    EXPECT_EQ(requests[0].header.type, static_cast<uint32_t>(XS_WRITE));
    EXPECT_EQ(requests[0].payload, std::string("control/shutdown\0", 17));
    guest.store.answer(XS_WRITE, requests[0].header.req_id, "OK");
    guest.pump();
    EXPECT_EQ(guest.watch.order(), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(Each, Shutdown_order,
                         testing::Values(std::pair{"poweroff", Order::power_off},
                                         std::pair{"halt", Order::power_off},
                                         std::pair{"reboot", Order::reboot}));

TEST(Shutdown_watch, other_values_are_left_alone) {
    for (char const* const value : {"", "suspend", "nonsense", "power"}) {
        Guest guest;
        guest.watch.start(*guest.connection);
        guest.pump();
        guest.store.take();
        guest.fire_watch();
        guest.store.answer(XS_READ, guest.store.take()[0].header.req_id, value);
        guest.pump();
        EXPECT_TRUE(guest.store.take().empty()) << value;
        EXPECT_EQ(guest.watch.order(), Order::none);
    }
}

TEST(Shutdown_watch, errors_and_foreign_events_are_not_orders) {
    Guest guest;
    guest.watch.start(*guest.connection);
    guest.pump();
    guest.store.take();
    guest.store.answer(XS_WATCH_EVENT, 0, std::string_view{"control/shutdown\0other\0", 23});
    guest.store.answer(XS_WATCH_EVENT, 0, "");
    guest.pump();
    EXPECT_TRUE(guest.store.take().empty());
    guest.fire_watch();
    guest.store.answer(XS_ERROR, guest.store.take()[0].header.req_id, "ENOENT");
    guest.pump();
    EXPECT_EQ(guest.watch.order(), Order::none);
}

} // namespace
