// SPDX-License-Identifier: MIT
#include "fake_store.hpp"

#include <servers/xenstore/client_service.hpp>

#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <random>
#include <set>

namespace {

using namespace lavandin::xenstore;
using lavandin::abi::Error;
using lavandin::xenstore_protocol::Label;
using lavandin::xenstore_protocol::role_change;

constexpr uint64_t second = Client_service::second;

struct Answer {
    Error error;
    std::string text;
    uint64_t word;
};

// A Result that may be ignored.
struct Asked {
    lavandin::abi::Result<size_t> result;

    bool ok() const { return result.ok(); }
    Error error() const { return result.error(); }
    size_t value() const { return result.value(); }
};

// The server around the service: remembers who was answered what.
struct World final : Client_service::Clients {
    Fake_store store;
    std::unique_ptr<Connection> connection =
        std::make_unique<Connection>(store.page, store.progress, Connection::Generation{1});
    std::unique_ptr<Client_service> service = std::make_unique<Client_service>(*connection, *this);
    std::map<size_t, Answer> answers;
    std::map<size_t, int> signals;
    std::multiset<size_t> forgotten_watches;
    std::map<uint32_t, Watch> kept; // what a successor would find
    std::set<size_t> waiting;
    uint64_t now{0};

    void answer(size_t place, Error error, std::string_view text, uint64_t word) override {
        EXPECT_EQ(waiting.erase(place), 1u) << "answered twice, or nobody asked";
        answers[place] = {error, std::string{text}, word};
    }
    void changed(size_t watch) override { ++signals[watch]; }
    void established(Watch const& watch, size_t) override { kept[watch.kept_as] = watch; }
    void forgotten(Watch const& watch, size_t place) override {
        kept.erase(watch.kept_as);
        forgotten_watches.insert(place);
    }

    Asked ask(Client client, Label label, std::string_view path = {}, std::string_view value = {},
              uint64_t word = 0, uint64_t roles = role_change) {
        auto const place = service->ask({label, client, roles, path, value, word}, now);
        if (place.ok()) {
            EXPECT_TRUE(waiting.insert(place.value()).second) << "the place was taken";
            EXPECT_LT(place.value(), Requests::maximum);
            answers.erase(place.value());
        }
        return {place};
    }

    void pump() {
        connection->pump([&](Message const& message) { service->arrived(message); });
    }
    void tick() {
        service->tick(now);
        pump();
    }

    // What the service has asked for, as the store sees it.
    std::vector<Fake_store::Request> asked() {
        std::vector<Fake_store::Request> all;
        for (int i = 0; i < 20; ++i) {
            pump();
            auto const some = store.take();
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }

    void reply(Fake_store::Request const& to, std::string_view text) {
        store.answer(to.header.type, to.header.req_id, text);
        pump();
    }
    void refuse(Fake_store::Request const& to, std::string_view word) {
        store.answer(XS_ERROR, to.header.req_id, std::string{word} + '\0');
        pump();
    }

    // Asks and has the store agree.
    Answer done(Client client, Label label, std::string_view path = {}, std::string_view value = {},
                uint64_t word = 0, std::string_view said = {"OK", 3}) {
        auto const place = ask(client, label, path, value, word);
        EXPECT_TRUE(place.ok());
        if (!place.ok())
            return {place.error(), "", 0};
        reply(asked().back(), said);
        return answers.at(place.value());
    }

    void fire(std::string_view path, std::string_view token) {
        store.answer(XS_WATCH_EVENT, 0, std::string{path} + '\0' + std::string{token} + '\0');
        pump();
    }

    bool idle() {
        Client clients[Client_service::maximum_clients];
        return waiting.empty() && service->clients(clients) == 0 &&
               service->deadline(now) == Requests::none;
    }
};

TEST(Xenstore_service, requests_are_what_the_protocol_says) {
    struct Case {
        Label label;
        uint32_t type;
        std::string payload;
    };
    Case const cases[] = {{Label::read, XS_READ, std::string("a/b\0", 4)},
                          {Label::list, XS_DIRECTORY, std::string("a/b\0", 4)},
                          {Label::write, XS_WRITE, std::string("a/b\0v\0w", 7)},
                          {Label::make_directory, XS_MKDIR, std::string("a/b\0", 4)},
                          {Label::remove, XS_RM, std::string("a/b\0", 4)}};
    World world;
    for (Case const& one : cases) {
        auto const place = world.ask(5, one.label, "a/b", std::string_view{"v\0w", 3});
        ASSERT_TRUE(place.ok());
        auto const asked = world.asked();
        ASSERT_EQ(asked.size(), 1u);
        EXPECT_EQ(asked[0].header.type, one.type);
        EXPECT_EQ(asked[0].payload, one.payload);
        world.reply(asked[0], std::string_view{"x\0y", 3});
        EXPECT_EQ(world.answers.at(place.value()).error, Error::none);
        if (one.type == XS_READ || one.type == XS_DIRECTORY) {
            EXPECT_EQ(world.answers.at(place.value()).text, std::string("x\0y", 3));
        }
    }
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_service, what_clients_may_not_send_is_refused_at_once) {
    World world;
    for (std::string_view const path :
         {std::string_view{""}, std::string_view{"a\0b", 3}, std::string_view{"a\nb"},
          std::string_view{"a b"}, std::string_view{"\xff"}}) {
        EXPECT_EQ(world.ask(5, Label::read, path).error(), Error::invalid_argument);
        EXPECT_EQ(world.ask(5, Label::watch, path).error(), Error::invalid_argument);
    }
    for (Label const label : {Label::write, Label::make_directory, Label::remove})
        EXPECT_EQ(world.ask(5, label, "a", "", 0, 0).error(), Error::permission_denied);
    EXPECT_EQ(world.ask(5, Label::watch, std::string(129, 'a')).error(), Error::too_large);
    EXPECT_EQ(world.ask(5, Label::read, "a", "", 77).error(), Error::not_mapped);
    EXPECT_EQ(world.ask(5, Label::commit, "", "", 77).error(), Error::not_mapped);
    EXPECT_EQ(world.ask(5, Label::unwatch, "", "", 77).error(), Error::not_mapped);
    EXPECT_EQ(world.ask(5, static_cast<Label>(99)).error(), Error::not_supported);
    EXPECT_TRUE(world.asked().empty());
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_service, errors_of_the_store_are_told_apart) {
    World world;
    std::pair<char const*, Error> const cases[] = {{"ENOENT", Error::not_mapped},
                                                   {"EACCES", Error::permission_denied},
                                                   {"EINVAL", Error::invalid_argument},
                                                   {"ENOSPC", Error::quota_exceeded},
                                                   {"EAGAIN", Error::busy},
                                                   {"", Error::not_supported},
                                                   {"ENONSENSE", Error::not_supported}};
    for (auto const& [word, error] : cases) {
        auto const place = world.ask(5, Label::read, "a");
        world.refuse(world.asked().back(), word);
        EXPECT_EQ(world.answers.at(place.value()).error, error) << word;
    }
}

TEST(Xenstore_service, a_value_that_no_message_holds_is_too_large) {
    World world;
    auto const place = world.ask(5, Label::read, "a");
    auto const request = world.asked().back();
    xsd_sockmsg const header{XS_READ, request.header.req_id, 0, 2049};
    world.store.put({reinterpret_cast<char const*>(&header), sizeof(header)});
    for (int i = 0; i < 3; ++i) {
        world.store.put(std::string(683, 'x'));
        world.pump();
    }
    EXPECT_EQ(world.answers.at(place.value()).error, Error::too_large);
}

TEST(Xenstore_service, requests_in_flight_are_bounded) {
    World world;
    for (size_t i = 0; i < lavandin::xenstore_protocol::maximum_client_requests; ++i)
        EXPECT_TRUE(world.ask(5, Label::read, "a").ok());
    EXPECT_EQ(world.ask(5, Label::read, "a").error(), Error::busy);
    for (Client client = 6; client < 18; ++client)
        EXPECT_TRUE(world.ask(client, Label::read, "a").ok());
    EXPECT_EQ(world.ask(99, Label::read, "a").error(), Error::busy);
    for (auto const& request : world.asked())
        world.reply(request, "v");
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_service, a_silent_store_fails_requests_in_time) {
    World world;
    auto const place = world.ask(5, Label::read, "a");
    auto const request = world.asked().back();
    EXPECT_EQ(world.service->deadline(0), Client_service::answer_time);
    world.now = Client_service::answer_time - 1;
    EXPECT_FALSE(world.service->tick(world.now));
    ++world.now;
    EXPECT_TRUE(world.service->tick(world.now));
    EXPECT_EQ(world.answers.at(place.value()).error, Error::timed_out);
    EXPECT_TRUE(world.idle());
    world.reply(request, "late"); // the World fails when somebody is answered twice
    // Places that wait for late answers are given to others.
    for (int round = 0; round < 5; ++round) {
        for (Client client = 0; client < 16; ++client)
            EXPECT_TRUE(world.ask(20 + client, Label::read, "a").ok());
        world.asked();
        world.now += 6 * second;
        world.tick();
    }
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_service, answers_that_fit_no_request_are_passed_over) {
    World world;
    auto const place = world.ask(5, Label::read, "a");
    auto const request = world.asked().back();
    uint32_t const number = request.header.req_id;
    world.store.answer(XS_READ, number + 1, "x");
    world.store.answer(XS_READ, 0, "x");
    world.store.answer(XS_WRITE, number, "x");
    world.store.answer(XS_INVALID, number, "x");
    world.store.answer(0xffff'ffff, number, "");
    world.pump();
    EXPECT_FALSE(world.answers.contains(place.value()));
    world.reply(request, "v");
    EXPECT_EQ(world.answers.at(place.value()).text, "v");
    world.reply(request, "again");
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_watches, clients_with_equal_tokens_do_not_meet) {
    World world;
    EXPECT_EQ(world.done(5, Label::watch, "a", "", 7).error, Error::none);
    EXPECT_EQ(world.done(6, Label::watch, "b", "", 7).error, Error::none);
    EXPECT_EQ(world.ask(5, Label::watch, "c", "", 7).error(), Error::already_mapped);
    world.fire("a/x", "1");
    EXPECT_EQ(world.service->next_event(6).error(), Error::not_mapped);
    auto const event = world.service->next_event(5);
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event.value().path.text(), "a/x");
    EXPECT_EQ(event.value().token, 7u);
    EXPECT_EQ(world.service->next_event(5).error(), Error::not_mapped);
    EXPECT_EQ(world.signals.size(), 1u);
    EXPECT_EQ(world.done(5, Label::unwatch, "", "", 7).error, Error::none);
    world.fire("a/x", "1");
    EXPECT_EQ(world.service->next_event(5).error(), Error::not_mapped);
    EXPECT_EQ(world.forgotten_watches.size(), 1u);
}

TEST(Xenstore_watches, are_bounded_for_each_client) {
    World world;
    for (uint64_t token = 0; token < lavandin::xenstore_protocol::maximum_client_watches; ++token)
        EXPECT_EQ(world.done(5, Label::watch, "a", "", token).error, Error::none);
    EXPECT_EQ(world.ask(5, Label::watch, "a", "", 99).error(), Error::table_full);
    EXPECT_EQ(world.done(6, Label::watch, "a", "", 99).error, Error::none);
    EXPECT_EQ(world.done(5, Label::unwatch, "", "", 3).error, Error::none);
    EXPECT_EQ(world.done(5, Label::watch, "a", "", 99).error, Error::none);
}

TEST(Xenstore_watches, a_refused_one_is_gone) {
    World world;
    auto const place = world.ask(5, Label::watch, "a", "", 7);
    world.refuse(world.asked().back(), "EACCES");
    EXPECT_EQ(world.answers.at(place.value()).error, Error::permission_denied);
    EXPECT_EQ(world.forgotten_watches.size(), 1u);
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_watches, too_many_events_become_one) {
    World world;
    world.done(5, Label::watch, "root", "", 7);
    for (int i = 0; i < 5; ++i)
        world.fire("root/" + std::to_string(i), "1");
    EXPECT_EQ(world.service->next_event(5).value().path.text(), "root");
    EXPECT_FALSE(world.service->next_event(5).ok());
    for (int i = 0; i < 50; ++i)
        world.fire("root/same", "1");
    EXPECT_EQ(world.service->next_event(5).value().path.text(), "root/same");
    EXPECT_FALSE(world.service->next_event(5).ok());
}

TEST(Xenstore_watches, garbage_in_events_reaches_nobody) {
    World world;
    world.done(5, Label::watch, "root", "", 7);
    for (char const* const token :
         {"", "2", "0", "-1", "1x", " 1", "01 ", "99999999999999", "shutdown"})
        world.fire("root", token);
    world.store.answer(XS_WATCH_EVENT, 1, "");
    world.store.answer(XS_WATCH_EVENT, 1, "root");
    world.pump();
    EXPECT_TRUE(world.signals.empty());
    // Not a path, or longer than is kept: told as a change of the watch's own.
    for (std::string const& path : {std::string{"\x1b[2J"}, std::string(200, 'a'), std::string{}}) {
        world.fire(path, "1");
        EXPECT_EQ(world.service->next_event(5).value().path.text(), "root");
    }
}

TEST(Xenstore_transactions, carry_the_number_of_the_store) {
    World world;
    auto const begun = world.done(5, Label::begin, "", "", 0, std::string_view{"1234", 5});
    ASSERT_EQ(begun.error, Error::none);
    world.ask(5, Label::write, "a", "v", begun.word);
    auto asked = world.asked();
    EXPECT_EQ(asked.back().header.tx_id, 1234u);
    world.reply(asked.back(), "OK");
    EXPECT_EQ(world.ask(6, Label::read, "a", "", begun.word).error(), Error::not_mapped);
    EXPECT_EQ(world.ask(6, Label::abort, "", "", begun.word).error(), Error::not_mapped);
    auto const place = world.ask(5, Label::commit, "", "", begun.word);
    asked = world.asked();
    EXPECT_EQ(asked.back().header.tx_id, 1234u);
    EXPECT_EQ(asked.back().payload, std::string("T\0", 2));
    world.refuse(asked.back(), "EAGAIN");
    EXPECT_EQ(world.answers.at(place.value()).error, Error::busy);
    EXPECT_EQ(world.ask(5, Label::read, "a", "", begun.word).error(), Error::not_mapped);
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_transactions, are_bounded_and_numbers_are_checked) {
    World world;
    for (std::string const& words : {std::string{}, std::string{"x"}, std::string{"0"},
                                     std::string{"-5"}, std::string{"99999999999"}})
        EXPECT_EQ(world.done(5, Label::begin, "", "", 0, words).error, Error::not_supported);
    EXPECT_EQ(world.done(5, Label::begin, "", "", 0, "1").error, Error::none);
    EXPECT_EQ(world.done(5, Label::begin, "", "", 0, "2").error, Error::none);
    EXPECT_EQ(world.ask(5, Label::begin).error(), Error::table_full);
}

TEST(Xenstore_service, a_client_that_ends_leaves_nothing) {
    World world;
    world.done(5, Label::watch, "a", "", 7);
    world.done(5, Label::begin, "", "", 0, "1234");
    auto const open = world.ask(5, Label::begin);
    auto const adding = world.ask(5, Label::watch, "b", "", 8);
    auto const begun = world.asked();
    world.done(6, Label::watch, "a", "", 7);
    world.service->ended(5);
    EXPECT_EQ(world.answers.at(open.value()).error, Error::peer_died);
    EXPECT_EQ(world.answers.at(adding.value()).error, Error::peer_died);
    world.tick();
    for (auto const& request : begun) // answers that come after the end
        world.reply(request, request.header.type == XS_WATCH ? "OK" : "99");
    world.tick();
    std::multiset<std::string> taken_back;
    for (auto const& request : world.asked()) {
        taken_back.insert(std::to_string(request.header.type) + " " +
                          std::to_string(request.header.tx_id) + " " + request.payload);
        world.reply(request, "OK");
    }
    auto const line = [](int type, int transaction, std::string const& payload) {
        return std::to_string(type) + " " + std::to_string(transaction) + " " + payload;
    };
    EXPECT_EQ(taken_back,
              (std::multiset<std::string>{line(XS_UNWATCH, 0,
                                               std::string("a\0"
                                                           "1\0",
                                                           4)),
                                          line(XS_UNWATCH, 0,
                                               std::string("b\0"
                                                           "2\0",
                                                           4)),
                                          line(XS_TRANSACTION_END, 1234, std::string("F\0", 2)),
                                          line(XS_TRANSACTION_END, 99, std::string("F\0", 2))}));
    Client left[Client_service::maximum_clients];
    EXPECT_EQ(world.service->clients(left), 1u);
    EXPECT_EQ(left[0], 6u);
}

TEST(Xenstore_service, what_a_silent_store_began_is_taken_back_when_it_wakes) {
    World world;
    world.ask(5, Label::begin);
    world.ask(5, Label::watch, "a", "", 7);
    auto const asked = world.asked();
    ASSERT_EQ(asked.size(), 2u);
    world.now = 6 * second;
    world.tick();
    EXPECT_EQ(world.asked().size(), 1u); // takes the watch back, which may have been set
    world.reply(asked[0], "55");
    world.tick();
    auto const ending = world.asked();
    ASSERT_EQ(ending.size(), 1u);
    EXPECT_EQ(ending[0].header.tx_id, 55u);
    world.now = 20 * second;
    world.tick();
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_service, what_does_not_fit_into_the_queue_is_taken_back_later) {
    World world;
    world.done(5, Label::watch, "a", "", 7);
    std::string const large(1900, 'v');
    for (Client client = 6; world.ask(client, Label::write, "b", large).ok();)
        ++client;
    std::string const small(100, 'v');
    for (Client client = 30; world.ask(client, Label::write, "b", small).ok();)
        ++client;
    world.service->ended(5);
    EXPECT_NE(world.service->deadline(world.now), Requests::none);
    size_t taken_back = 0;
    for (int i = 0; i < 20; ++i) {
        world.now += second;
        world.tick();
        for (auto const& request : world.asked()) {
            taken_back += request.header.type == XS_UNWATCH;
            world.reply(request, "OK");
        }
    }
    EXPECT_EQ(taken_back, 1u);
    EXPECT_TRUE(world.idle());
}

TEST(Xenstore_service, a_successor_has_the_watches_of_clients) {
    World world;
    world.done(7, Label::watch, "data", {}, 5);
    world.done(7, Label::watch, "name", {}, 6);
    world.done(7, Label::unwatch, {}, {}, 6);
    ASSERT_EQ(world.kept.size(), 1u);
    Watch const before = world.kept.begin()->second;
    // The next one: what was kept is all it knows.
    world.connection = std::make_unique<Connection>(world.store.page, world.store.progress,
                                                    Connection::Generation{2});
    world.service = std::make_unique<Client_service>(*world.connection, world, 2u << 20);
    auto const place =
        world.service->inherit({before.client, before.path.text(), before.token, before.kept_as});
    ASSERT_TRUE(place.ok());
    world.tick();
    auto requests = world.asked();
    ASSERT_EQ(requests.size(), 1u);
    EXPECT_EQ(requests[0].header.type, static_cast<uint32_t>(XS_WATCH));
    world.fire("data", std::to_string(before.serial)); // the predecessor's token: for nobody
    EXPECT_TRUE(world.signals.empty());
    world.refuse(requests[0], "ENOMEM"); // then it is asked again
    EXPECT_EQ(world.service->deadline(world.now), world.now + second);
    world.tick();
    requests = world.asked();
    ASSERT_EQ(requests.size(), 1u);
    world.reply(requests[0], {"OK", 3});
    world.fire("data/x", std::to_string((2u << 20) + 1));
    EXPECT_EQ(world.signals[place.value()], 1);
    auto const event = world.service->next_event(7);
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event.value().token, 5u);
    world.service->ended(7);
    EXPECT_TRUE(world.kept.empty());
}

// Clients of all kinds against a store that answers right, wrong, late or not at all, with every
// field of its answers corrupted now and then. Whoever asks is answered once, in bounded time, and
// nothing is left in the end.
TEST(Xenstore_service, survives_a_store_at_random) {
    for (uint32_t seed = 1; seed <= 60; ++seed) {
        std::mt19937 generator{seed};
        auto const random = [&] { return static_cast<uint32_t>(generator()); };
        World world;
        auto const chance = [&](uint32_t one_in) { return random() % one_in == 0; };
        std::vector<Fake_store::Request> open;
        for (int step = 0; step < 600; ++step) {
            auto const client = static_cast<Client>(2 + random() % 6);
            world.ask(client, static_cast<Label>(2 + random() % 11), chance(9) ? "?" : "a/b",
                      std::string(random() % 300, 'v'), random() % 4);
            static_cast<void>(world.service->next_event(client));
            if (chance(40))
                world.service->ended(client);
            world.pump();
            auto const asked = world.store.take();
            open.insert(open.end(), asked.begin(), asked.end());
            while (!open.empty() && !chance(3)) {
                auto const request = open[random() % open.size()];
                if (!chance(4))
                    open.clear(); // most are never answered
                xsd_sockmsg header{request.header.type, request.header.req_id, 0, 4};
                if (chance(5))
                    header.type = chance(2) ? uint32_t{XS_ERROR} : random();
                if (chance(6))
                    header.req_id = chance(2) ? header.req_id + 1 : random();
                if (chance(6))
                    header.tx_id = random();
                if (chance(60))
                    header.len = random();
                world.store.put({reinterpret_cast<char const*>(&header), sizeof(header)});
                world.store.put(std::to_string(1000 + random() % 9000));
                world.pump();
            }
            if (chance(4))
                world.fire(chance(2) ? "a/b" : "\x1b", std::to_string(random() % 40));
            world.now += random() % second;
            if (world.service->tick(world.now) && world.connection->within_message())
                world.connection->restart();
            if (!world.connection->working())
                world.connection->restart();
        }
        for (Client client = 2; client < 8; ++client)
            world.service->ended(client);
        for (int i = 0; i < 40; ++i) {
            world.now += 6 * second;
            world.tick();
            world.store.take_bytes();
        }
        EXPECT_TRUE(world.idle()) << "seed " << seed;
    }
}

} // namespace
