// SPDX-License-Identifier: MIT
// The names server with an init that may have no place to keep something.
#include <hostunit/libos/fake_clients.hpp>
#include <servers/names/names_server.hpp>

#include <gtest/gtest.h>
#include <set>

namespace lavandin::names {
namespace {

using names_protocol::Label;

class Names_server_test : public testing::Test {
protected:
    Names_server_test() {
        auto const init = kernel.add(std::make_shared<fake::Object>(Object_type::endpoint));
        Environment_writer writer{page};
        EXPECT_EQ(writer.add_capability("init", init), Error::none);
        fake::given_environment = Environment{reinterpret_cast<std::byte const*>(&page)};
        clients.call = [this](Registers& registers) { return answer_as_init(registers); };
    }
    ~Names_server_test() override { fake::given_environment = Environment{}; }

    Error answer_as_init(Registers& registers) {
        Error error = Error::none;
        auto const label =
            static_cast<init_protocol::Label>(Message_tag{registers.word[1]}.label());
        if (label == init_protocol::Label::keep) {
            error = keeping;
            if (error == Error::none)
                kept.insert(registers.word[3]);
        } else {
            kept.erase(registers.word[2]);
        }
        registers = {{0, Message_tag{static_cast<uint32_t>(error), 0}.raw(), 0, 0, 0, 0}};
        return Error::none;
    }

    Capability_index make_endpoint() {
        return kernel.add(std::make_shared<fake::Object>(Object_type::endpoint));
    }
    Error run() {
        EXPECT_EQ(frame.run(server).error(), Error::peer_died);
        return static_cast<Error>(clients.answers.back().label);
    }
    Error add(uint64_t badge, std::string const& name, Capability_index endpoint) {
        clients.add_text_with(badge, static_cast<uint32_t>(Label::add), name, endpoint);
        return run();
    }
    // Answers what the name stands for, 0 for nothing.
    Capability_index find(std::string const& name) {
        clients.add_text(9, static_cast<uint32_t>(Label::find), name);
        return run() == Error::none ? message_buffer().sent[0].index : 0;
    }
    bool there(Capability_index index) { return kernel.object(index) != nullptr; }

    fake::Kernel kernel;
    fake::Clients clients{kernel};
    Environment_page page{};
    Error keeping{Error::none};
    std::set<uint64_t> kept;
    Names_server server;
    Server frame{Endpoint{kernel.add(std::make_shared<fake::Object>(Object_type::endpoint))}};
};

TEST_F(Names_server_test, ANameIsFoundAndKept) {
    auto const endpoint = make_endpoint();
    EXPECT_EQ(add(7, "clock", endpoint), Error::none);
    EXPECT_EQ(find("clock"), endpoint);
    EXPECT_EQ(kept.size(), 1u);
    EXPECT_EQ(add(8, "clock", make_endpoint()), Error::busy);
    EXPECT_EQ(find("clock"), endpoint);
}

TEST_F(Names_server_test, ANameOfOnesOwnIsReplaced) {
    auto const first = make_endpoint();
    auto const second = make_endpoint();
    EXPECT_EQ(add(7, "clock", first), Error::none);
    EXPECT_EQ(add(7, "clock", second), Error::none);
    EXPECT_EQ(find("clock"), second);
    EXPECT_FALSE(there(first));
    EXPECT_EQ(kept.size(), 1u);
}

TEST_F(Names_server_test, WhatCannotBeKeptChangesNothing) {
    auto const first = make_endpoint();
    EXPECT_EQ(add(7, "clock", first), Error::none);
    keeping = Error::table_full;
    auto const second = make_endpoint();
    EXPECT_EQ(add(7, "clock", second), Error::table_full);
    EXPECT_EQ(find("clock"), first);
    EXPECT_TRUE(there(first));
    EXPECT_FALSE(there(second));
    EXPECT_EQ(kept.size(), 1u);
    EXPECT_EQ(add(7, "date", make_endpoint()), Error::table_full);
    EXPECT_EQ(find("date"), 0u);
    keeping = Error::none;
    EXPECT_EQ(add(7, "date", make_endpoint()), Error::none);
}

} // namespace
} // namespace lavandin::names
