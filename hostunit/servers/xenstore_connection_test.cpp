// SPDX-License-Identifier: MIT
#include <servers/xenstore/shutdown_watch.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string.h>
#include <string>
#include <vector>

namespace {

using namespace lavandin::xenstore;

struct Request {
    xsd_sockmsg header;
    std::string payload;
};

// xenstored's end of the page: takes requests and sends answers.
class Store {
public:
    xenstore_domain_interface page{};

    void take_bytes(size_t limit = SIZE_MAX) {
        for (; page.req_cons != page.req_prod && limit > 0; --limit)
            _bytes += page.req[page.req_cons++ % XENSTORE_RING_SIZE];
    }

    std::vector<Request> take() {
        take_bytes();
        std::vector<Request> requests;
        xsd_sockmsg header;
        while (_bytes.size() >= sizeof(header)) {
            memcpy(&header, _bytes.data(), sizeof(header));
            if (_bytes.size() < sizeof(header) + header.len)
                break;
            requests.push_back({header, _bytes.substr(sizeof(header), header.len)});
            _bytes.erase(0, sizeof(header) + header.len);
        }
        return requests;
    }

    void answer(uint32_t type, uint32_t request, std::string_view payload) {
        xsd_sockmsg const header{type, request, 0, static_cast<uint32_t>(payload.size())};
        put({reinterpret_cast<char const*>(&header), sizeof(header)});
        put(payload);
    }

    void put(std::string_view bytes) {
        for (char const byte : bytes)
            page.rsp[page.rsp_prod++ % XENSTORE_RING_SIZE] = byte;
    }

private:
    std::string _bytes;
};

struct Guest {
    Store store;
    std::unique_ptr<Connection> connection = std::make_unique<Connection>(store.page);
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
    Connection connection{store.page};
    std::string const value(900, 'v');
    EXPECT_EQ(connection.send(XS_WRITE, {"a", value}, true), 1u);
    EXPECT_EQ(connection.send(XS_WRITE, {"b", value}, true), 2u);
    auto const ignore = [](Message const&) {};
    size_t requests = 0;
    for (int i = 0; i < 10; ++i) {
        connection.pump(ignore);
        for (auto const& request : store.take())
            EXPECT_EQ(request.header.req_id, ++requests);
    }
    EXPECT_EQ(requests, 2u);
}

TEST(Xenstore_connection, a_silent_store_costs_bounded_memory) {
    Store store;
    Connection connection{store.page};
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
    Connection connection{store.page};
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
        Connection connection{store.page};
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

class Shutdown_order : public testing::TestWithParam<std::pair<char const*, Order>> {};

TEST_P(Shutdown_order, is_acknowledged_before_it_is_obeyed) {
    Guest guest;
    guest.watch.start(*guest.connection);
    guest.pump();
    auto requests = guest.store.take();
    ASSERT_EQ(requests.size(), 3u);
    EXPECT_EQ(requests[2].header.type, static_cast<uint32_t>(XS_WATCH));
    EXPECT_EQ(requests[2].payload, std::string("control/shutdown\0shutdown\0", 26));

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
