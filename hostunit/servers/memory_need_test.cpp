// SPDX-License-Identifier: MIT
#include <servers/init/memory_need.hpp>

#include <array>
#include <gtest/gtest.h>

namespace {

using namespace lavandin::init;

// Whether the demands can be met, one after the other, out of so many bytes.
bool enough(std::span<Demand const> demands, uint64_t left) {
    for (Demand const& demand : demands) {
        uint64_t const given = demand.quota.of(left);
        if (given + demand.image_bytes > left)
            return false;
        left -= given + demand.image_bytes;
    }
    return true;
}

TEST(Memory_need, is_a_sum_without_shares) {
    std::array const demands{Demand{{100, 0}, 10}, Demand{{200, 0}, 20}};
    EXPECT_EQ(memory_needed(demands), 330u);
    EXPECT_EQ(memory_needed({}), 0u);
}

TEST(Memory_need, is_enough_with_shares_and_hardly_more) {
    for (uint64_t const percent : {1u, 33u, 60u, 99u}) {
        std::array const demands{Demand{{5000, 0}, 300}, Demand{{0, percent}, 7000},
                                 Demand{{512000, 0}, 90000}, Demand{{0, 10}, 0},
                                 Demand{{1000, 0}, 1}};
        uint64_t const need = memory_needed(demands);
        EXPECT_TRUE(enough(demands, need)) << percent;
        EXPECT_FALSE(enough(demands, need - need / 50)) << percent;
    }
}

TEST(Memory_need, saturates_when_a_share_is_everything) {
    std::array const demands{Demand{{0, 100}, 0}, Demand{{1, 0}, 0}};
    EXPECT_EQ(memory_needed(demands), UINT64_MAX);
}

} // namespace
