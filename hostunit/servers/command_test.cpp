// SPDX-License-Identifier: MIT
#include <programs/shell/command.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using lavandin::shell::Command;

std::vector<std::string> words(std::string_view line) {
    Command command;
    EXPECT_TRUE(command.parse(line)) << command.reason();
    return {command.words().begin(), command.words().end()};
}

using List = std::vector<std::string>;

TEST(Command, splits_words) {
    EXPECT_EQ(words("  echo  a\tb "), (List{"echo", "a", "b"}));
    EXPECT_EQ(words(""), List{});
    EXPECT_EQ(words("   # nothing"), List{});
    EXPECT_EQ(words("echo a#b # c"), (List{"echo", "a#b"}));
}

TEST(Command, quotes) {
    EXPECT_EQ(words("echo 'a  b' \"c \\\" d\" e\\ f ''"),
              (List{"echo", "a  b", "c \" d", "e f", ""}));
    EXPECT_EQ(words("a'b'\"c\"d"), List{"abcd"});
}

TEST(Command, background) {
    Command command;
    EXPECT_TRUE(command.parse("spin 5&"));
    EXPECT_TRUE(command.background());
    EXPECT_EQ(command.words().size(), 2u);
    EXPECT_TRUE(command.parse("spin"));
    EXPECT_FALSE(command.background());
}

TEST(Command, block_is_what_spawn_takes) {
    Command command;
    EXPECT_TRUE(command.parse("exit 3"));
    EXPECT_EQ(command.block(), std::string_view("exit\0"
                                                "3\0",
                                                7));
}

TEST(Command, refuses_what_it_cannot_read) {
    Command command;
    for (std::string const line : {"echo 'open", "echo \"open", "a & b", "&"})
        EXPECT_FALSE(command.parse(line)) << line;
    std::string many;
    for (int i = 0; i < 33; ++i)
        many += "w ";
    EXPECT_FALSE(command.parse(many));
    EXPECT_FALSE(command.parse(std::string(256, 'x')));
}

TEST(Command, the_longest_lines_fit) {
    Command command;
    EXPECT_TRUE(command.parse(std::string(255, 'x')));
    EXPECT_EQ(command.block().size(), 256u);
    EXPECT_TRUE(command.parse("a b c d e f g h i j k l m n o p q r s t u v w x y z\\"));
}

} // namespace
