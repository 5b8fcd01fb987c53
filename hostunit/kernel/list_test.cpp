// SPDX-License-Identifier: MIT
#include <array>
#include <gtest/gtest.h>
#include <kernel/list.hpp>
#include <vector>

namespace {

struct First_tag : kernel::List_link {};
struct Second_tag : kernel::List_link {};
struct Element : First_tag, Second_tag {};

template <typename Tag>
std::vector<Element*> contents(kernel::List<Element, Tag>& list) {
    std::vector<Element*> found;
    for (Element* each = list.front(); each; each = list.next(*each))
        found.push_back(each);
    return found;
}

using Elements = std::vector<Element*>;

TEST(List, is_empty_at_first) {
    kernel::List<Element, First_tag> list;
    EXPECT_TRUE(list.empty());
    EXPECT_EQ(list.front(), nullptr);
    EXPECT_EQ(list.pop_front(), nullptr);
}

TEST(List, keeps_order_at_both_ends) {
    kernel::List<Element, First_tag> list;
    std::array<Element, 3> e;
    list.push_back(e[1]);
    list.push_back(e[2]);
    list.push_front(e[0]);
    EXPECT_EQ(contents(list), (Elements{&e[0], &e[1], &e[2]}));
    EXPECT_EQ(list.pop_front(), &e[0]);
    EXPECT_FALSE(static_cast<First_tag&>(e[0]).linked());
    EXPECT_EQ(contents(list), (Elements{&e[1], &e[2]}));
}

TEST(List, removes_anywhere_without_the_list_at_hand) {
    std::array<Element, 3> e;
    for (unsigned victim = 0; victim < 3; ++victim) {
        kernel::List<Element, First_tag> list;
        Elements expected;
        for (unsigned i = 0; i < 3; ++i) {
            list.push_back(e[i]);
            if (i != victim)
                expected.push_back(&e[i]);
        }
        list.remove(e[victim]);
        EXPECT_FALSE(static_cast<First_tag&>(e[victim]).linked());
        EXPECT_EQ(contents(list), expected);
        while (list.pop_front())
            ;
        EXPECT_TRUE(list.empty());
    }
}

TEST(List, an_element_can_be_in_one_list_per_tag) {
    kernel::List<Element, First_tag> first;
    kernel::List<Element, Second_tag> second;
    std::array<Element, 2> e;
    first.push_back(e[0]);
    first.push_back(e[1]);
    second.push_back(e[1]);
    second.push_back(e[0]);
    EXPECT_EQ(contents(first), (Elements{&e[0], &e[1]}));
    EXPECT_EQ(contents(second), (Elements{&e[1], &e[0]}));
    first.remove(e[0]);
    EXPECT_EQ(contents(second), (Elements{&e[1], &e[0]}));
}

} // namespace
