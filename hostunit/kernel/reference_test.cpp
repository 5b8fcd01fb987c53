// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <kernel/reference.hpp>
#include <utility>

namespace {

class Thing : public kernel::Counted {
public:
    void last_reference_gone() { ++ends; }
    unsigned ends{0};
};

using Ref = kernel::Ref<Thing>;

TEST(Reference, copies_count_and_moves_do_not) {
    Thing thing;
    {
        Ref const first{thing};
        EXPECT_EQ(thing.references(), 1u);
        Ref second{first};
        EXPECT_EQ(thing.references(), 2u);
        Ref const third{std::move(second)};
        EXPECT_EQ(thing.references(), 2u);
        EXPECT_FALSE(second); // NOLINT(bugprone-use-after-move): that is the point
        EXPECT_EQ(third.get(), &thing);
    }
    EXPECT_EQ(thing.references(), 0u);
    EXPECT_EQ(thing.ends, 1u);
}

TEST(Reference, assignment_lets_the_old_one_go_once) {
    Thing a, b;
    Ref reference{a};
    reference = Ref{b};
    EXPECT_EQ(a.ends, 1u);
    EXPECT_EQ(b.ends, 0u);
    reference = {};
    EXPECT_EQ(b.ends, 1u);
}

TEST(Reference, assignment_to_itself_keeps_the_object) {
    Thing thing;
    Ref reference{thing};
    Ref const& same = reference;
    reference = same;
    EXPECT_EQ(thing.ends, 0u);
    EXPECT_EQ(thing.references(), 1u);
}

TEST(Reference, reset_twice_drops_once) {
    Thing thing;
    Ref reference{thing};
    Ref const other{thing};
    reference.reset();
    reference.reset();
    EXPECT_EQ(thing.references(), 1u);
    EXPECT_EQ(thing.ends, 0u);
}

TEST(Reference, the_last_of_two_counted_by_hand) {
    Thing thing;
    thing.acquire();
    thing.acquire();
    EXPECT_FALSE(thing.drop());
    EXPECT_TRUE(thing.drop());
}

} // namespace
