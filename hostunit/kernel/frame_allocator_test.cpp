// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <kernel/frame_allocator.hpp>
#include <random>
#include <set>
#include <vector>

namespace {

using kernel::no_frame;
using kernel::Pfn;

class Frame_allocator : public testing::Test {
protected:
    void start(uint64_t frames) {
        bitmap.assign(kernel::Frame_allocator::bitmap_words(frames), 0);
        allocator.start(bitmap.data(), frames);
    }
    void add(uint64_t begin, uint64_t end) {
        for (uint64_t i = begin; i < end; ++i)
            allocator.add(Pfn{i});
    }

    std::vector<uint64_t> bitmap;
    kernel::Frame_allocator allocator;
};

TEST_F(Frame_allocator, nothing_is_free_at_first) {
    start(200);
    EXPECT_EQ(allocator.free(), 0u);
    EXPECT_EQ(allocator.take_low(), no_frame);
    EXPECT_EQ(allocator.take_high(), no_frame);
}

TEST_F(Frame_allocator, takes_from_both_ends) {
    start(200);
    add(10, 190);
    EXPECT_EQ(allocator.take_low(), Pfn{10});
    EXPECT_EQ(allocator.take_low(), Pfn{11});
    EXPECT_EQ(allocator.take_high(), Pfn{189});
    EXPECT_EQ(allocator.take_high(), Pfn{188});
    EXPECT_EQ(allocator.free(), 176u);
    EXPECT_EQ(allocator.total(), 180u);
}

TEST_F(Frame_allocator, what_comes_back_is_found_again_at_either_end) {
    start(1000);
    add(0, 1000);
    for (unsigned i = 0; i < 1000; ++i)
        ASSERT_NE(i % 2 ? allocator.take_low() : allocator.take_high(), no_frame);
    EXPECT_EQ(allocator.take_low(), no_frame);
    EXPECT_EQ(allocator.take_high(), no_frame);
    for (uint64_t const number : {0u, 63u, 64u, 500u, 999u}) {
        allocator.give(Pfn{number});
        EXPECT_EQ(allocator.take_low(), Pfn{number});
        allocator.give(Pfn{number});
        EXPECT_EQ(allocator.take_high(), Pfn{number});
    }
}

TEST_F(Frame_allocator, contains_tells_free_frames_and_no_others) {
    start(130);
    add(128, 130);
    EXPECT_FALSE(allocator.contains(Pfn{127}));
    EXPECT_TRUE(allocator.contains(Pfn{129}));
    EXPECT_FALSE(allocator.contains(Pfn{130}));
    EXPECT_FALSE(allocator.contains(no_frame));
    EXPECT_EQ(allocator.take_high(), Pfn{129});
    EXPECT_FALSE(allocator.contains(Pfn{129}));
}

TEST_F(Frame_allocator, random_use_agrees_with_a_set) {
    std::mt19937_64 random{1};
    start(777);
    std::set<uint64_t> free;
    std::vector<uint64_t> taken;
    for (uint64_t i = 5; i < 777; i += 1 + random() % 3) {
        allocator.add(Pfn{i});
        free.insert(i);
    }
    for (unsigned round = 0; round < 100'000; ++round) {
        uint64_t const action = random() % 3;
        if (action == 2 && !taken.empty()) {
            std::swap(taken[random() % taken.size()], taken.back());
            allocator.give(Pfn{taken.back()});
            free.insert(taken.back());
            taken.pop_back();
            continue;
        }
        Pfn const got = action ? allocator.take_low() : allocator.take_high();
        if (free.empty()) {
            ASSERT_EQ(got, no_frame);
            continue;
        }
        ASSERT_EQ(got.value, action ? *free.begin() : *free.rbegin());
        free.erase(got.value);
        taken.push_back(got.value);
        ASSERT_EQ(allocator.free(), free.size());
    }
}

} // namespace
