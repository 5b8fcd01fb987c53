// SPDX-License-Identifier: MIT
#include <cooperation/error.h>
#include <cooperation/names.h>
#include <cooperation/reasons.h>
#include <cooperation/types.h>

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace {

// Every value from `first` up to `end` has a name, and no two have the same.
void expect_names(char const* (*name)(unsigned), unsigned first, unsigned end) {
    std::set<std::string> names;
    for (unsigned i = first; i < end; ++i)
        names.insert(name(i));
    EXPECT_EQ(names.size(), end - first);
    EXPECT_STREQ(name(end), "unknown");
    EXPECT_STREQ(name(UINT32_MAX), "unknown");
}

TEST(Names, there_is_one_for_each_value) {
    expect_names(coop_type_name, COOP_HELLO, COOP_REFUSED + 1);
    expect_names(coop_type_name, COOP_WELCOME, COOP_STATUS + 1);
    expect_names(coop_outcome_name, COOP_GRANTED, COOP_OUTCOMES);
    expect_names(coop_reason_name, 0, COOP_REASONS);
    expect_names(coop_need_name, COOP_NEED_QUEUE, COOP_NEEDS);
    expect_names(coop_load_name, 0, COOP_LOADS);
    expect_names(coop_standing_name, 0, COOP_STANDINGS);
    expect_names(coop_manner_name, 0, COOP_MANNER_STOP + 1);
    expect_names([](unsigned each) { return coop_error_name(coop_error(each)); }, 0, COOP_ERRORS);
}

TEST(Names, those_in_the_middle_are_where_they_belong) {
    EXPECT_STREQ(coop_type_name(COOP_DONE), "done");
    EXPECT_STREQ(coop_type_name(COOP_RECLAIM), "reclaim");
    EXPECT_STREQ(coop_outcome_name(COOP_LATER), "later");
    EXPECT_STREQ(coop_reason_name(COOP_REASON_PINNED), "pinned");
    EXPECT_STREQ(coop_reason_name(COOP_REASON_ADMINISTRATOR), "administrator");
    EXPECT_STREQ(coop_reason_name(COOP_REASON_CLOSING), "closing");
    EXPECT_STREQ(coop_need_name(COOP_NEED_STOLEN), "stolen");
    EXPECT_STREQ(coop_load_name(COOP_LOAD_SATURATED), "saturated");
    EXPECT_STREQ(coop_error_name(COOP_ERROR_RING), "ring");
    EXPECT_STREQ(coop_error_name(COOP_ERROR_CONTRADICTION), "contradiction");
    EXPECT_STREQ(coop_error_name(COOP_ERROR_FLOOD), "flood");
    EXPECT_STREQ(coop_type_name(0), "unknown");
}

TEST(Names, a_reason_is_found_by_its_name) {
    for (unsigned reason = 0; reason < COOP_REASONS; ++reason)
        EXPECT_EQ(coop_reason_of_name(coop_reason_name(reason)), reason);
    EXPECT_EQ(coop_reason_of_name("because"), static_cast<unsigned>(COOP_REASONS));
    EXPECT_EQ(coop_reason_of_name(""), static_cast<unsigned>(COOP_REASONS));
}

} // namespace
