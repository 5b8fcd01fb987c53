// SPDX-License-Identifier: MIT
#include <lavandin/heap.hpp>

#include <gtest/gtest.h>
#include <vector>

namespace lavandin {
namespace {

using abi::Error;
using abi::Result;

struct Record {
    std::vector<Address_range> provided;
    uint64_t available{~uint64_t{0}}; // bytes
    uint64_t largest{~uint64_t{0}};   // region
};

struct Source {
    Record* record;
    Result<void> provide(uint64_t address, uint64_t bytes) {
        if (bytes > record->available || bytes > record->largest)
            return Error::out_of_memory;
        record->available -= bytes;
        record->provided.push_back({address, address + bytes});
        return {};
    }
};

constexpr uint64_t begin = 0x10400000;
constexpr uint64_t end = 0x20000000;
using Test_heap = Heap<Source>;

TEST(Heap, GrowsInSteps) {
    Record record;
    Test_heap heap{{&record}, {begin, end}};
    EXPECT_EQ(heap.grow(0).value(), begin);
    EXPECT_TRUE(record.provided.empty());
    EXPECT_EQ(heap.grow(100).value(), begin);
    EXPECT_EQ(heap.grow(100).value(), begin + 100);
    ASSERT_EQ(record.provided.size(), 1u);
    EXPECT_EQ(record.provided[0].bytes(), Test_heap::first_step_bytes);
    EXPECT_EQ(heap.grow(Test_heap::first_step_bytes).value(), begin + 200);
    ASSERT_EQ(record.provided.size(), 2u);
    EXPECT_EQ(record.provided[1].begin, record.provided[0].end);
}

TEST(Heap, ShrinksWithoutGivingBack) {
    Record record;
    Test_heap heap{{&record}, {begin, end}};
    static_cast<void>(heap.grow(5000));
    EXPECT_EQ(heap.grow(-4000).value(), begin + 5000);
    EXPECT_EQ(heap.used_bytes(), 1000u);
    EXPECT_EQ(heap.grow(-1001).error(), Error::invalid_argument);
    EXPECT_EQ(heap.grow(INT64_MIN).error(), Error::invalid_argument);
    EXPECT_EQ(heap.used_bytes(), 1000u);
    static_cast<void>(heap.grow(4000));
    EXPECT_EQ(record.provided.size(), 1u);
}

TEST(Heap, StaysInItsRange) {
    Record record;
    Test_heap heap{{&record}, {begin, begin + 3 * 4096}};
    EXPECT_EQ(heap.grow(3 * 4096 + 1).error(), Error::invalid_argument);
    EXPECT_TRUE(heap.grow(3 * 4096).ok());
    EXPECT_EQ(record.provided.back().end, begin + 3 * 4096);
    EXPECT_EQ(heap.grow(1).error(), Error::invalid_argument);
    EXPECT_EQ(heap.grow(INT64_MAX).error(), Error::invalid_argument);
}

TEST(Heap, TakesOnlyWhatIsNeededWhenMemoryIsShort) {
    Record record;
    record.available = 4096;
    Test_heap heap{{&record}, {begin, end}};
    EXPECT_TRUE(heap.grow(100).ok());
    EXPECT_EQ(heap.mapped_bytes(), 4096u);
}

// Few beside the 256 that the memory server grants one process.
TEST(Heap, NeedsFewRegionsHoweverLargeItGrows) {
    Record record;
    Test_heap heap{{&record}, {begin, end}};
    size_t const counts[] = {4, 18, 42};
    uint64_t const sizes[] = {128 << 10, 2 << 20, 200 << 20};
    for (size_t i = 0; i < 3; ++i) {
        while (heap.used_bytes() < sizes[i])
            ASSERT_TRUE(heap.grow(4096).ok());
        EXPECT_LE(record.provided.size(), counts[i]) << sizes[i];
        EXPECT_LE(heap.mapped_bytes(), sizes[i] + sizes[i] / 4 + Test_heap::first_step_bytes);
    }
}

TEST(Heap, TakesASmallStepWhenALargeOneIsNotToBeHad) {
    Record record;
    Test_heap heap{{&record}, {begin, end}};
    ASSERT_TRUE(heap.grow(1 << 20).ok());
    record.available = 40 * 1024;
    ASSERT_TRUE(heap.grow(100).ok());
    EXPECT_EQ(record.provided.back().bytes(), Test_heap::first_step_bytes);
}

TEST(Heap, UsesSeveralRegionsForMuch) {
    Record record;
    Test_heap heap{{&record}, {begin, end}};
    EXPECT_TRUE(heap.grow(40 << 20).ok());
    EXPECT_EQ(record.provided.size(), 3u);
    for (auto const& region : record.provided)
        EXPECT_LE(region.bytes(), Test_heap::maximum_region_bytes);
}

// Wherever memory ends, the heap stays as it was and goes on when there is some again.
TEST(Heap, SurvivesEveryShortage) {
    for (uint64_t pages = 0; pages < 40; ++pages) {
        Record record;
        record.available = pages * 4096;
        Test_heap heap{{&record}, {begin, end}};
        uint64_t grown = 0;
        while (heap.grow(3000).ok())
            grown += 3000;
        EXPECT_EQ(heap.used_bytes(), grown);
        EXPECT_LE(heap.mapped_bytes(), pages * 4096);
        EXPECT_GT(grown + 3000, pages * 4096);
        record.available = 1 << 20;
        EXPECT_EQ(heap.grow(3000).value(), begin + grown);
        for (size_t i = 1; i < record.provided.size(); ++i)
            EXPECT_EQ(record.provided[i].begin, record.provided[i - 1].end);
    }
}

} // namespace
} // namespace lavandin
