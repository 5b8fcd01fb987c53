// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <lavandin/abi/result.hpp>
#include <utility>

namespace {

using lavandin::abi::Error;
using lavandin::abi::Result;

Result<int> number(int value) {
    if (value < 0)
        return Error::invalid_argument;
    return value;
}

Result<void> check(int value) {
    if (value == 13)
        return Error::busy;
    return {};
}

Result<long> both(int a, int b) {
    long const sum = TRY(number(a)) + TRY(number(b));
    TRY_VOID(check(static_cast<int>(sum)));
    return sum;
}

// Counts how many of its kind are alive.
struct Counted {
    Counted() { ++alive; }
    Counted(Counted const&) { ++alive; }
    Counted(Counted&& other) noexcept : moved_from{other.moved_from + 1} { ++alive; }
    Counted& operator=(Counted const&) = delete;
    ~Counted() { --alive; }
    int moved_from{0};
    static inline int alive = 0;
};

Result<Counted> make(bool good) {
    if (!good)
        return Error::out_of_memory;
    return Counted{};
}

Result<void> use(bool good) {
    Counted const mine = TRY(make(good));
    EXPECT_GE(mine.moved_from, 1);
    return {};
}

TEST(Result, try_hands_on_the_value) { EXPECT_EQ(both(2, 3).value(), 5); }

TEST(Result, try_leaves_with_the_first_error) {
    EXPECT_EQ(both(2, -1).error(), Error::invalid_argument);
    EXPECT_EQ(both(-2, 1).error(), Error::invalid_argument);
    EXPECT_EQ(both(6, 7).error(), Error::busy);
}

TEST(Result, an_error_is_false) {
    EXPECT_TRUE(number(0));
    EXPECT_FALSE(number(-1));
    EXPECT_TRUE(check(0).ok());
    EXPECT_EQ(check(13).error(), Error::busy);
}

TEST(Result, try_neither_loses_nor_doubles_a_value) {
    EXPECT_TRUE(use(true).ok());
    EXPECT_EQ(Counted::alive, 0);
    EXPECT_EQ(use(false).error(), Error::out_of_memory);
    EXPECT_EQ(Counted::alive, 0);
}

} // namespace
