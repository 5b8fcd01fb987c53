// SPDX-License-Identifier: MIT
#include <servers/xenstore/wire.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <string.h>
#include <string>

namespace {

using namespace lavandin::xenstore;

TEST(Xenstore_wire, puts_strings_together) {
    char buffer[64];
    size_t const bytes = encode(buffer, XS_WATCH, 9, {"path", "token"});
    ASSERT_EQ(bytes, sizeof(xsd_sockmsg) + 11);
    xsd_sockmsg header;
    memcpy(&header, buffer, sizeof(header));
    EXPECT_EQ(header.type, static_cast<uint32_t>(XS_WATCH));
    EXPECT_EQ(header.req_id, 9u);
    EXPECT_EQ(header.tx_id, 0u);
    EXPECT_EQ(header.len, 11u);
    EXPECT_EQ(std::string(buffer + sizeof(header), 11), std::string("path\0token\0", 11));
}

TEST(Xenstore_wire, a_value_has_no_nul) {
    char buffer[64];
    EXPECT_EQ(encode(buffer, XS_WRITE, 1, {"path", "value"}, true), sizeof(xsd_sockmsg) + 10);
    EXPECT_EQ(encode(buffer, XS_WRITE, 1, {"path", ""}, true), sizeof(xsd_sockmsg) + 5);
}

TEST(Xenstore_wire, refuses_what_does_not_fit) {
    char buffer[sizeof(xsd_sockmsg) + 4];
    EXPECT_EQ(encode(buffer, XS_READ, 1, {"path"}), 0u);
    EXPECT_NE(encode(buffer, XS_READ, 1, {"pat"}), 0u);
    std::string const large(XENSTORE_PAYLOAD_MAX, 'x');
    std::string space(8192, '?');
    EXPECT_EQ(encode(space, XS_READ, 1, {large}), 0u);
    EXPECT_NE(encode(space, XS_READ, 1, {large}, true), 0u);
}

void feed(Message_reader& reader, std::string_view bytes, size_t step) {
    while (!bytes.empty()) {
        auto const wanted = reader.wanted();
        size_t const part = std::min({wanted.size(), bytes.size(), step});
        ASSERT_NE(part, 0u);
        memcpy(wanted.data(), bytes.data(), part);
        reader.received(part);
        bytes.remove_prefix(part);
    }
}

TEST(Xenstore_wire, messages_arrive_in_pieces_of_any_size) {
    char buffer[128];
    size_t const bytes = encode(buffer, XS_READ, 3, {"a", "bc"});
    for (size_t step = 1; step < bytes + 1; ++step) {
        auto const reader = std::make_unique<Message_reader>();
        feed(*reader, {buffer, bytes}, step);
        ASSERT_TRUE(reader->complete());
        auto rest = reader->message().payload;
        EXPECT_EQ(Message::take_string(rest), "a");
        EXPECT_EQ(Message::take_string(rest), "bc");
        EXPECT_EQ(Message::take_string(rest), "");
        reader->next();
        EXPECT_FALSE(reader->complete());
    }
}

TEST(Xenstore_wire, an_empty_message_is_complete) {
    xsd_sockmsg const header{XS_WRITE, 1, 0, 0};
    auto const reader = std::make_unique<Message_reader>();
    feed(*reader, {reinterpret_cast<char const*>(&header), sizeof(header)}, 100);
    EXPECT_TRUE(reader->complete());
    EXPECT_TRUE(reader->message().payload.empty());
}

TEST(Xenstore_wire, a_length_that_cannot_be_ends_it) {
    for (uint32_t const length : {4097u, 0x8000'0000u, 0xffff'ffffu}) {
        xsd_sockmsg const header{XS_READ, 1, 0, length};
        auto const reader = std::make_unique<Message_reader>();
        feed(*reader, {reinterpret_cast<char const*>(&header), sizeof(header)}, 3);
        EXPECT_TRUE(reader->broken());
        EXPECT_TRUE(reader->wanted().empty());
        EXPECT_FALSE(reader->complete());
    }
}

} // namespace
