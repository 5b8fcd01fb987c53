// SPDX-License-Identifier: MIT
#include <cooperation/simulator/scenario.hpp>

#include <gtest/gtest.h>

#include <filesystem>

namespace {

using namespace lavandin::simulator;

std::string fault(std::string_view text) {
    try {
        parse_scenario(text, "file");
    } catch (Scenario_error const& error) {
        return error.what();
    }
    return "none";
}

constexpr std::string_view guest = "name = \"x\"\n[[guest]]\nname = \"a\"\n";

std::string with(std::string_view line) { return std::string{guest} + std::string{line}; }

TEST(Scenario, is_read) {
    Scenario const scenario =
        parse_scenario("name = \"x\"\nduration = \"1.5s\"\nhost = {processors = 3}\n"
                       "cooperation = {policy = \"characteristics\", count = \"moment\"}\n"
                       "[[guest]]\nname = \"a\"\nvcpus = 4\nbehaviour = "
                       "[\"refuses\"]\ncapabilities = [\"takes\"]\n"
                       "[[guest.load]]\nkind = \"barrier\"\nspin = \"50us\"\nevery = 2\nfor = 1\n",
                       "file");
    EXPECT_EQ(scenario.duration, 1'500 * millisecond);
    EXPECT_EQ(scenario.processors, 3u);
    EXPECT_EQ(scenario.policy, POLICY_CHARACTERISTICS);
    EXPECT_TRUE(scenario.count_moment);
    ASSERT_EQ(scenario.guests.size(), 1u);
    EXPECT_TRUE(scenario.guests[0].behaviour.refuses);
    EXPECT_FALSE(scenario.guests[0].behaviour.floods);
    EXPECT_EQ(scenario.guests[0].capabilities, uint32_t{POLICY_TAKES});
    EXPECT_EQ(scenario.guests[0].loads[0].spin, 50 * microsecond);
    EXPECT_EQ(scenario.guests[0].loads[0].every, 2 * second);
}

TEST(Scenario, faults_name_the_place) {
    EXPECT_EQ(fault("name = "), fault("name = "));
    EXPECT_TRUE(fault("name = ").starts_with("file:1:"));
    EXPECT_EQ(fault("name = \"x\""), "file:1:1: a scenario has 1 to 64 guests");
    EXPECT_EQ(fault(with("vcpu = 2")), "file:4:8: `vcpu` means nothing here");
    EXPECT_EQ(fault(with("vcpus = 65")), "file:4:9: `vcpus` is a whole number from 1 to 64");
    EXPECT_EQ(fault(with("vcpus = 2.5")), "file:4:9: `vcpus` is a whole number from 1 to 64");
    EXPECT_EQ(fault(with("behaviour = [\"lies\"]")),
              "file:4:13: 'lies' is none of: inflates, refuses, silent, floods");
    EXPECT_EQ(fault(with("[[guest.load]]\nthink = \"5 minutes\"")),
              "file:5:9: `think` is a time such as \"5ms\", from 1e-06 s to 3600 s");
    EXPECT_EQ(fault(with("[[guest.load]]\nevery = 1")),
              "file:5:9: `every` and `for` belong together, and `for` is not longer");
    EXPECT_EQ(fault(with("[[guest.load]]\nfrom = 2\nuntil = 1")),
              "file:6:9: `until` is not after `from`");
}

TEST(Scenario, those_in_the_tree_are_all_right) {
    unsigned count = 0;
    for (auto const& entry : std::filesystem::directory_iterator{SCENARIOS}) {
        if (entry.path().extension() != ".toml")
            continue;
        EXPECT_NO_THROW(read_scenario(entry.path())) << entry.path();
        ++count;
    }
    EXPECT_GE(count, 4u);
    EXPECT_THROW(read_scenario("/none"), Scenario_error);
}

} // namespace
