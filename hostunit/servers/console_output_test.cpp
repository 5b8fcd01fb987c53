// SPDX-License-Identifier: MIT
#include <servers/console/output.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace {

using lavandin::console::Output;

std::string drain(Output& output, size_t step = 1000) {
    std::string text;
    while (!output.empty()) {
        auto const piece = output.next().substr(0, step);
        text += piece;
        output.drop(piece.size());
    }
    return text;
}

TEST(Console_output, newlines_become_what_terminals_want) {
    Output output;
    EXPECT_TRUE(output.write(1, "a\nb\n"));
    EXPECT_EQ(drain(output), "a\r\nb\r\n");
}

TEST(Console_output, two_writers_never_share_a_line) {
    Output output;
    EXPECT_TRUE(output.write(1, "prompt> "));
    EXPECT_TRUE(output.write(2, "news\n"));
    EXPECT_TRUE(output.write(1, "more\n"));
    EXPECT_EQ(drain(output), "prompt> \r\nnews\r\nmore\r\n");
}

TEST(Console_output, one_writer_continues_its_line_and_so_does_the_keyboard) {
    Output output;
    EXPECT_TRUE(output.write(1, "name: "));
    EXPECT_TRUE(output.write(Output::keyboard, "abc"));
    EXPECT_TRUE(output.write(Output::keyboard, "\n"));
    EXPECT_TRUE(output.write(2, "hello\n"));
    EXPECT_EQ(drain(output), "name: abc\r\nhello\r\n");
}

TEST(Console_output, a_message_without_room_leaves_nothing_behind) {
    auto output = std::make_unique<Output>();
    std::string const text(1500, 'x');
    size_t messages = 0;
    while (output->write(1, text))
        ++messages;
    EXPECT_EQ(messages, Output::limit / text.size());
    EXPECT_EQ(drain(*output, 7).size(), messages * text.size());
    EXPECT_TRUE(output->write(1, text));
}

TEST(Console_output, the_largest_message_always_fits_when_empty) {
    auto output = std::make_unique<Output>();
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(output->write(1, "begun"));
        drain(*output);
        EXPECT_TRUE(output->write(2, std::string(2048, '\n')));
        drain(*output);
    }
}

} // namespace
