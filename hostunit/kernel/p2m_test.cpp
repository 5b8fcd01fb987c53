// SPDX-License-Identifier: MIT
#include <array>
#include <gtest/gtest.h>
#include <xenpv/p2m.hpp>

namespace {

using kernel::Pfn;
using xenpv::Mfn;

constexpr uint64_t hole = ~uint64_t{0};
constexpr uint64_t foreign = uint64_t{1} << 63;
constexpr uint64_t identity = uint64_t{1} << 62;

class P2m : public testing::Test {
protected:
    // Our frames 0..5; machine frame 6 belongs to another domain, whose number for it is 1.
    std::array<uint64_t, 6> forward{3, 5, hole, 1, foreign | 2, identity | 4};
    std::array<uint64_t, 8> inverse{77, 3, 4, 0, 5, 1, 1, hole};
    xenpv::P2m table{forward.data(), forward.size(), inverse.data()};
};

TEST_F(P2m, frames_of_ours_translate_both_ways) {
    for (uint64_t const number : {0u, 1u, 3u}) {
        Mfn const machine = table.mfn(Pfn{number});
        EXPECT_EQ(machine.value, forward[number]);
        EXPECT_EQ(table.pfn(machine), Pfn{number});
    }
}

TEST_F(P2m, a_hole_has_no_machine_frame) { EXPECT_EQ(table.mfn(Pfn{2}), xenpv::no_machine_frame); }

TEST_F(P2m, marked_frames_have_no_machine_frame_of_ours) {
    EXPECT_EQ(table.mfn(Pfn{4}), xenpv::no_machine_frame);
    EXPECT_EQ(table.mfn(Pfn{5}), xenpv::no_machine_frame);
}

TEST_F(P2m, frames_beyond_the_table_have_no_machine_frame) {
    EXPECT_EQ(table.mfn(Pfn{6}), xenpv::no_machine_frame);
    EXPECT_EQ(table.mfn(kernel::no_frame), xenpv::no_machine_frame);
}

TEST_F(P2m, another_domains_frame_is_not_taken_for_ours) {
    EXPECT_EQ(table.pfn(Mfn{6}), kernel::no_frame); // the inverse says 1, which is machine frame 5
    EXPECT_EQ(table.pfn(Mfn{0}), kernel::no_frame); // beyond our table
    EXPECT_EQ(table.pfn(Mfn{7}), kernel::no_frame); // the inverse has none
}

TEST_F(P2m, the_inverse_of_a_marked_frame_is_not_ours) {
    EXPECT_EQ(table.pfn(Mfn{2}), kernel::no_frame);
    EXPECT_EQ(table.pfn(Mfn{4}), kernel::no_frame);
}

TEST(P2m_empty, knows_nothing) {
    xenpv::P2m const table;
    EXPECT_EQ(table.frames(), 0u);
    EXPECT_EQ(table.mfn(Pfn{0}), xenpv::no_machine_frame);
}

} // namespace
