// SPDX-License-Identifier: MIT
#include <servers/names/name_table.hpp>

#include <gtest/gtest.h>
#include <string>

namespace {

using namespace lavandin::names;
using lavandin::abi::Error;

TEST(Name_table, finds_what_was_added) {
    Name_table table;
    EXPECT_TRUE(table.add(7, "block.0", 100).ok());
    EXPECT_EQ(table.find("block.0").value().endpoint, 100u);
    EXPECT_EQ(table.find("block.1").error(), Error::not_mapped);
    EXPECT_EQ(table.at(0).value().name(), "block.0");
    EXPECT_EQ(table.at(1).error(), Error::not_mapped);
}

TEST(Name_table, refuses_bad_names) {
    Name_table table;
    for (auto const& name : {std::string{}, std::string{"Upper"}, std::string{"a b"},
                             std::string(32, 'x'), std::string{"a\0b", 3}})
        EXPECT_EQ(table.add(7, name, 1).error(), Error::invalid_argument) << name;
    EXPECT_TRUE(table.add(7, std::string(31, 'x'), 1).ok());
}

TEST(Name_table, a_name_belongs_to_who_added_it) {
    Name_table table;
    EXPECT_TRUE(table.add(7, "net", 100).ok());
    EXPECT_EQ(table.add(8, "net", 200).error(), Error::busy);
    EXPECT_EQ(table.remove(8, "net").error(), Error::permission_denied);
    EXPECT_EQ(table.remove(7, "net").value().endpoint, 100u);
    EXPECT_TRUE(table.add(8, "net", 200).ok());
}

TEST(Name_table, one_client_cannot_fill_it) {
    Name_table table;
    for (size_t i = 0; i < Name_table::maximum_client_entries; ++i)
        EXPECT_TRUE(table.add(7, "n" + std::to_string(i), 1).ok());
    EXPECT_EQ(table.add(7, "one-more", 1).error(), Error::quota_exceeded);
    Client client = 100;
    for (size_t i = Name_table::maximum_client_entries; i < Name_table::maximum_entries; ++i)
        EXPECT_TRUE(table.add(client++, "m" + std::to_string(i), 1).ok());
    EXPECT_EQ(table.add(client, "too-much", 1).error(), Error::table_full);
}

TEST(Name_table, keys_are_new_also_after_those_of_a_predecessor) {
    Name_table table;
    EXPECT_EQ(table.add(7, "a", 1).value(), 1u);
    EXPECT_EQ(table.add(7, "b", 2, 9).value(), 9u);
    EXPECT_EQ(table.add(7, "c", 3).value(), 10u);
    EXPECT_EQ(table.remove(7, "b").value().key, 9u);
}

TEST(Name_table, an_ended_client_loses_its_names) {
    Name_table table;
    EXPECT_TRUE(table.add(7, "a", 1).ok());
    EXPECT_TRUE(table.add(8, "b", 2).ok());
    EXPECT_TRUE(table.add(7, "c", 3).ok());
    Client owners[8];
    EXPECT_EQ(table.owners(owners), 2u);
    EXPECT_TRUE(table.remove_any(7).ok());
    EXPECT_TRUE(table.remove_any(7).ok());
    EXPECT_FALSE(table.remove_any(7).ok());
    EXPECT_TRUE(table.find("b").ok());
}

} // namespace
