// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <kernel/bits.hpp>

namespace {

using kernel::Bits;

static_assert(Bits<0, 64>::mask == ~uint64_t{0});
static_assert(Bits<63, 1>::mask == uint64_t{1} << 63);
static_assert(Bits<4, 8>::get(0xabcd) == 0xbc);
static_assert(Bits<4, 8>::place(0xff) == 0xff0);

TEST(Bits, set_changes_the_field_alone) {
    using Field = Bits<12, 40>;
    uint64_t const word = 0xfff0'0000'0000'0fff;
    EXPECT_EQ(Field::set(word, 0x12'3456'789a), 0xfff1'2345'6789'afff);
    EXPECT_EQ(Field::set(Field::set(word, Field::mask), 0), word);
}

TEST(Bits, a_value_too_large_does_not_leave_the_field) {
    EXPECT_EQ((Bits<8, 4>::set(0, 0x1ff)), 0xf00u);
    EXPECT_EQ((Bits<8, 4>::place(0x10)), 0u);
}

} // namespace
