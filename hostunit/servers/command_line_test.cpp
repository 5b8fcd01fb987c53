// SPDX-License-Identifier: MIT
#include <servers/init/command_line.hpp>

#include <gtest/gtest.h>

namespace {

namespace abi = lavandin::abi;
namespace init = lavandin::init;

TEST(Command_line, defaults_to_the_shell_and_power_off) {
    auto const line = init::parse_command_line("");
    EXPECT_EQ(line.program, "shell");
    EXPECT_EQ(line.shutdown, abi::Shutdown::power_off);
    EXPECT_TRUE(line.interactive());
    EXPECT_TRUE(line.problem.empty());
}

TEST(Command_line, chooses_program_and_way_to_end) {
    auto const line =
        init::parse_command_line("  quiet run=conformance\tshutdown=reboot only=ipc ");
    EXPECT_EQ(line.program, "conformance");
    EXPECT_EQ(line.shutdown, abi::Shutdown::reboot);
    EXPECT_FALSE(line.interactive());
}

TEST(Command_line, reports_values_that_cannot_be) {
    EXPECT_FALSE(init::parse_command_line("run=").problem.empty());
    EXPECT_FALSE(init::parse_command_line("run=../x").problem.empty());
    EXPECT_FALSE(init::parse_command_line("shutdown=never").problem.empty());
}

TEST(Command_line, bounds_processors) {
    EXPECT_EQ(init::parse_command_line("").processors, ~uint64_t{0});
    EXPECT_EQ(init::parse_command_line("processors=3").processors, 3u);
    for (auto const& wrong : {"processors=", "processors=0", "processors=2x", "processors=-1"}) {
        auto const line = init::parse_command_line(wrong);
        EXPECT_FALSE(line.problem.empty()) << wrong;
        EXPECT_EQ(line.processors, ~uint64_t{0}) << wrong;
    }
}

TEST(Command_line, hands_over_what_is_not_its_own) {
    std::string_view text{"a run=bench b=1 shutdown=reboot processors=2 --json"};
    EXPECT_EQ(init::take_program_argument(text), "a");
    EXPECT_EQ(init::take_program_argument(text), "b=1");
    EXPECT_EQ(init::take_program_argument(text), "--json");
    EXPECT_EQ(init::take_program_argument(text), "");
}

} // namespace
