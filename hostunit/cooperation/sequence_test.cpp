// SPDX-License-Identifier: MIT
#include <cooperation/sequence.h>

#include <gtest/gtest.h>

namespace {

TEST(Sequence, begins_with_1_and_counts) {
    coop_sequence sequence{};
    EXPECT_EQ(coop_sequence_next(&sequence), 1u);
    EXPECT_EQ(coop_sequence_next(&sequence), 2u);
}

TEST(Sequence, each_number_is_accepted_once_and_in_order) {
    coop_sequence sequence{};
    EXPECT_EQ(coop_sequence_accept(&sequence, 2), COOP_ERROR_GAP);
    EXPECT_EQ(coop_sequence_accept(&sequence, 1), COOP_OK);
    EXPECT_EQ(coop_sequence_accept(&sequence, 1), COOP_ERROR_REPLAY);
    EXPECT_EQ(coop_sequence_accept(&sequence, 2), COOP_OK);
    EXPECT_EQ(coop_sequence_accept(&sequence, 1), COOP_ERROR_REPLAY);
    EXPECT_EQ(coop_sequence_accept(&sequence, 0), COOP_ERROR_REPLAY);
    EXPECT_EQ(coop_sequence_accept(&sequence, 4), COOP_ERROR_GAP);
    EXPECT_EQ(coop_sequence_accept(&sequence, 0x7fff'ffff), COOP_ERROR_GAP);
    EXPECT_EQ(coop_sequence_accept(&sequence, 0xffff'ffff), COOP_ERROR_REPLAY);
    EXPECT_EQ(coop_sequence_accept(&sequence, 3), COOP_OK);
}

TEST(Sequence, goes_round_past_0_and_1) {
    coop_sequence sent{UINT32_MAX - 1};
    coop_sequence received = sent;
    for (uint32_t const expected : {UINT32_MAX, 2u, 3u}) {
        EXPECT_EQ(coop_sequence_next(&sent), expected);
        EXPECT_EQ(coop_sequence_accept(&received, expected), COOP_OK);
    }
    EXPECT_EQ(coop_sequence_accept(&received, UINT32_MAX), COOP_ERROR_REPLAY);
}

} // namespace
