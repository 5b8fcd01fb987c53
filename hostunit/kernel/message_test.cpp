// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <lavandin/abi/message.hpp>

namespace {

using lavandin::abi::Message_tag;

TEST(Message_tag, holds_its_parts) {
    Message_tag const tag{0xdeadbeef, 256, 4};
    EXPECT_EQ(tag.label(), 0xdeadbeefu);
    EXPECT_EQ(tag.buffer_words(), 256u);
    EXPECT_EQ(tag.transfers(), 4u);
    EXPECT_FALSE(tag.from_notification());
    EXPECT_TRUE(tag.sendable());
    EXPECT_EQ(Message_tag{tag.raw()}.raw(), tag.raw());
}

TEST(Message_tag, lengths_above_the_limits_are_not_sendable) {
    EXPECT_FALSE((Message_tag{0, 257}.sendable()));
    EXPECT_FALSE((Message_tag{0, 0xffff}.sendable()));
    EXPECT_FALSE((Message_tag{0, 0, 5}.sendable()));
    EXPECT_FALSE((Message_tag{0, 0, 15}.sendable()));
}

TEST(Message_tag, nobody_can_pretend_to_be_a_notification) {
    EXPECT_TRUE(Message_tag::notification().from_notification());
    EXPECT_FALSE(Message_tag::notification().sendable());
}

// Whatever raw word comes from user mode: sendable says that both lengths fit the buffer.
TEST(Message_tag, every_low_half_is_judged) {
    for (uint64_t low = 0; low < uint64_t{1} << 32; low += 0x3ff) {
        Message_tag const tag{low};
        bool const within = (low & 0xffff) <= 256 && (low >> 16 & 0xf) <= 4 && low >> 20 == 0;
        ASSERT_EQ(tag.sendable(), within) << low;
    }
}

} // namespace
