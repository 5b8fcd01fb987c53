// SPDX-License-Identifier: MIT
#include <lavandin/byte_ring.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

struct Page {
    char bytes[8]{};
    uint32_t consumed{0};
    uint32_t produced{0};

    lavandin::Ring_producer<8> producer() { return {bytes, &produced, &consumed}; }
    lavandin::Ring_consumer<8> consumer() { return {bytes, &consumed, &produced}; }
};

std::string read_all(lavandin::Ring_consumer<8>& ring) {
    char text[16];
    return {text, ring.read(text, sizeof(text))};
}

TEST(Byte_ring, two_writes_before_a_read_both_arrive) {
    // The mistake to avoid: a count that is overwritten with the last length instead of added to.
    Page page;
    auto producer = page.producer();
    auto consumer = page.consumer();
    EXPECT_EQ(producer.write("abc"), 3u);
    EXPECT_EQ(producer.write("de"), 2u);
    EXPECT_EQ(page.produced, 5u);
    EXPECT_EQ(read_all(consumer), "abcde");
    EXPECT_EQ(page.consumed, 5u);
}

TEST(Byte_ring, writes_only_what_fits) {
    Page page;
    auto producer = page.producer();
    EXPECT_EQ(producer.write("0123456789"), 8u);
    EXPECT_EQ(producer.write("x"), 0u);
    EXPECT_EQ(producer.space(), 0u);
    EXPECT_FALSE(producer.damaged());
}

TEST(Byte_ring, goes_round_the_end_and_round_the_count) {
    for (uint32_t const start : {0u, 5u, 0xffff'fffdu}) {
        Page page;
        page.consumed = page.produced = start;
        auto producer = page.producer();
        auto consumer = page.consumer();
        for (int i = 0; i < 100; ++i) {
            std::string const text(static_cast<size_t>(i % 8 + 1), static_cast<char>('a' + i % 26));
            ASSERT_EQ(producer.write(text), text.size());
            ASSERT_EQ(read_all(consumer), text);
        }
    }
}

TEST(Byte_ring, counts_found_at_the_start_are_taken_as_they_are) {
    Page page;
    page.produced = page.consumed = 6;
    EXPECT_EQ(page.producer().write("boot"), 4u);
    auto consumer = page.consumer();
    EXPECT_EQ(read_all(consumer), "boot");
}

TEST(Byte_ring, own_count_is_not_read_back) {
    Page page;
    auto producer = page.producer();
    EXPECT_EQ(producer.write("ab"), 2u);
    page.produced = 77; // scribbled
    EXPECT_EQ(producer.write("cd"), 2u);
    EXPECT_EQ(page.produced, 4u);
}

TEST(Byte_ring, impossible_count_stops_a_producer_until_it_resynchronises) {
    for (uint32_t const scribble : {1u, 100u, 0x8000'0000u, 0xffff'fff0u}) {
        Page page;
        auto producer = page.producer();
        page.consumed = scribble;
        EXPECT_EQ(producer.write("lost"), 0u) << scribble;
        EXPECT_TRUE(producer.damaged());
        page.consumed = 0; // and it stays noted when the count looks right again
        EXPECT_EQ(producer.write("lost"), 0u);
        producer.resynchronise();
        EXPECT_EQ(producer.write("kept"), 4u);
        EXPECT_FALSE(producer.damaged());
    }
}

TEST(Byte_ring, impossible_count_never_makes_a_consumer_read_too_much) {
    for (uint32_t const scribble : {9u, 4096u, 0x8000'0000u, 0xffff'ffffu}) {
        Page page;
        auto consumer = page.consumer();
        page.produced = scribble;
        EXPECT_EQ(consumer.available(), 0u);
        EXPECT_EQ(read_all(consumer), "");
        EXPECT_TRUE(consumer.damaged());
        consumer.resynchronise();
        EXPECT_EQ(page.consumed, scribble);
        EXPECT_EQ(consumer.available(), 0u);
        EXPECT_FALSE(consumer.damaged());
    }
}

// The other side writes what it likes to both counts and to the bytes, between any two steps. The
// buffers are exact, so that a sanitizer sees whatever leaves them.
TEST(Byte_ring, random_counts_at_every_step_never_leave_the_buffers) {
    std::mt19937 random{20261121};
    for (int round = 0; round < 300; ++round) {
        auto const page = std::make_unique<Page>();
        page->consumed = page->produced = static_cast<uint32_t>(random());
        auto producer = page->producer();
        auto consumer = page->consumer();
        for (int step = 0; step < 300; ++step) {
            uint32_t& count = random() % 2 != 0 ? page->consumed : page->produced;
            if (random() % 3 == 0)
                count = random() % 2 != 0 ? static_cast<uint32_t>(random())
                                          : count + static_cast<uint32_t>(random() % 20) - 10;
            std::vector<char> text(random() % 12);
            uint32_t const moved = random() % 2 != 0 ? producer.write({text.data(), text.size()})
                                                     : consumer.read(text.data(), text.size());
            ASSERT_LE(moved, text.size());
            if (producer.damaged() && random() % 4 == 0) {
                producer.resynchronise();
                ASSERT_FALSE(producer.damaged());
                ASSERT_LE(producer.space(), sizeof(page->bytes));
            }
            if (consumer.damaged() && random() % 4 == 0) {
                consumer.resynchronise();
                ASSERT_FALSE(consumer.damaged());
            }
        }
    }
}

} // namespace
