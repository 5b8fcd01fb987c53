// SPDX-License-Identifier: MIT
#include <lavandin/address_ranges.hpp>

#include <gtest/gtest.h>
#include <map>
#include <random>

namespace lavandin {
namespace {

using abi::Error;

constexpr uint64_t page = 4096;
constexpr Address_range whole{0x20000000, 0x20000000 + 16 * page};

TEST(AddressRanges, TakesTheLowestThatFits) {
    Address_ranges<8> ranges{whole};
    EXPECT_EQ(ranges.take(2 * page).value(), whole.begin);
    EXPECT_EQ(ranges.take(page).value(), whole.begin + 2 * page);
    EXPECT_EQ(ranges.take(page).value(), whole.begin + 3 * page);
    EXPECT_TRUE(ranges.give_back(whole.begin).ok());
    EXPECT_EQ(ranges.take(3 * page).value(), whole.begin + 4 * page);
    EXPECT_EQ(ranges.take(page).value(), whole.begin);
}

TEST(AddressRanges, SaysWhyNot) {
    Address_ranges<2> ranges{whole};
    EXPECT_EQ(ranges.take(0).error(), Error::invalid_argument);
    EXPECT_EQ(ranges.take(100).error(), Error::invalid_argument);
    EXPECT_EQ(ranges.take(17 * page).error(), Error::out_of_memory);
    EXPECT_TRUE(ranges.take(page).ok());
    EXPECT_TRUE(ranges.take(page).ok());
    EXPECT_EQ(ranges.take(page).error(), Error::table_full);
    EXPECT_EQ(ranges.give_back(whole.begin + 2 * page).error(), Error::invalid_argument);
    EXPECT_EQ(ranges.count(), 2u);
}

TEST(AddressRanges, CanBeFilledWhole) {
    Address_ranges<20> ranges{whole};
    for (uint64_t i = 0; i < 16; ++i)
        EXPECT_EQ(ranges.take(page).value(), whole.begin + i * page);
    EXPECT_EQ(ranges.take(page).error(), Error::out_of_memory);
}

TEST(AddressRanges, NeverOverlapInALongRun) {
    Address_ranges<64> ranges{whole};
    std::map<uint64_t, uint64_t> used;
    std::mt19937 random{1};
    for (int round = 0; round < 5000; ++round) {
        if (random() % 2 != 0 || used.empty()) {
            uint64_t const bytes = (random() % 4 + 1) * page;
            if (auto const taken = ranges.take(bytes); taken.ok())
                used[taken.value()] = bytes;
        } else {
            auto const victim = std::next(used.begin(), static_cast<long>(random() % used.size()));
            EXPECT_TRUE(ranges.give_back(victim->first).ok());
            used.erase(victim);
        }
        uint64_t end = whole.begin;
        for (auto const& [begin, bytes] : used) {
            EXPECT_GE(begin, end);
            end = begin + bytes;
        }
        EXPECT_LE(end, whole.end);
        EXPECT_EQ(ranges.count(), used.size());
    }
}

} // namespace
} // namespace lavandin
