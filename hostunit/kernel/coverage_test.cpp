// SPDX-License-Identifier: MIT
// What the conformance suite makes of the pairs of call and answer that its tests saw.
#include <framework/coverage.hpp>

#include <gtest/gtest.h>

namespace {

using conformance::Seen;
using conformance::seen;

TEST(Coverage, knows_who_saw_a_pair) {
    uint64_t const tested[]{uint64_t{1} << 63, 2};
    uint64_t const elsewhere[]{1, 6};
    EXPECT_EQ(seen(63, tested, elsewhere), Seen::here);
    EXPECT_EQ(seen(0, tested, elsewhere), Seen::elsewhere);
    EXPECT_EQ(seen(65, tested, elsewhere), Seen::here) << "here counts before elsewhere";
    EXPECT_EQ(seen(66, tested, elsewhere), Seen::elsewhere);
    EXPECT_EQ(seen(1, tested, elsewhere), Seen::nowhere);
    EXPECT_EQ(seen(64, tested, elsewhere), Seen::nowhere);
}

} // namespace
