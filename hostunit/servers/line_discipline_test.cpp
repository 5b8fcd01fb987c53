// SPDX-License-Identifier: MIT
#include <servers/console/line_discipline.hpp>

#include <gtest/gtest.h>
#include <string>

namespace {

using namespace lavandin::console;
using lavandin::console_protocol::Mode;
using lavandin::console_protocol::Read_outcome;

// Records the echo.
class Screen final : public Line_discipline::Echo {
public:
    void show(std::string_view text) override { shown += text; }
    std::string shown;
};

struct Console {
    Line_discipline discipline;
    Screen screen;

    Line_discipline::Event type(std::string_view keys) {
        auto event = Line_discipline::Event::none;
        for (char const key : keys)
            if (discipline.type(key, screen) == Line_discipline::Event::interrupt)
                event = Line_discipline::Event::interrupt;
        return event;
    }

    std::string read(size_t size = 256, Read_outcome expected = Read_outcome::data) {
        if (!discipline.readable())
            return "(nothing)";
        std::string buffer(size, '?');
        auto const text = discipline.peek(buffer);
        discipline.take(text.bytes);
        EXPECT_EQ(text.outcome, expected);
        return buffer.substr(0, text.bytes);
    }
};

TEST(Line_discipline, a_line_is_readable_after_enter) {
    Console console;
    console.type("hello");
    EXPECT_FALSE(console.discipline.readable());
    console.type("\r");
    EXPECT_EQ(console.read(), "hello\n");
    EXPECT_EQ(console.screen.shown, "hello\n");
    EXPECT_FALSE(console.discipline.readable());
}

TEST(Line_discipline, one_read_gets_one_line) {
    Console console;
    console.type("a\rb\n");
    EXPECT_EQ(console.read(), "a\n");
    EXPECT_EQ(console.read(), "b\n");
}

TEST(Line_discipline, a_long_line_is_read_in_pieces) {
    Console console;
    console.type("abcdef\r");
    EXPECT_EQ(console.read(4), "abcd");
    EXPECT_EQ(console.read(4), "ef\n");
}

TEST(Line_discipline, peek_leaves_the_text_for_the_next_reader) {
    Console console;
    console.type("x\r");
    char buffer[4];
    EXPECT_EQ(console.discipline.peek(buffer).bytes, 2u);
    EXPECT_EQ(console.read(), "x\n");
}

TEST(Line_discipline, backspace_word_and_line_are_erased) {
    Console console;
    console.type("ab\bc\x7f"
                 "d\r");
    EXPECT_EQ(console.read(), "ad\n");
    console.type("one two  \x17three\r");
    EXPECT_EQ(console.read(), "one three\n");
    console.type("nonsense\x15ok\r");
    EXPECT_EQ(console.read(), "ok\n");
    console.screen.shown.clear();
    console.type("\b\x15\x17");
    EXPECT_EQ(console.screen.shown, "");
}

TEST(Line_discipline, erasing_takes_whole_utf8_characters) {
    Console console;
    console.type("a\xc3\xa9\xe2\x82\xac");
    console.screen.shown.clear();
    console.type("\b\b");
    EXPECT_EQ(console.screen.shown, "\b \b\b \b");
    console.type("\r");
    EXPECT_EQ(console.read(), "a\n");
}

TEST(Line_discipline, control_d_hands_over_or_ends) {
    Console console;
    console.type("part\x04");
    EXPECT_EQ(console.read(), "part");
    EXPECT_FALSE(console.discipline.readable());
    console.type("\x04");
    EXPECT_EQ(console.read(16, Read_outcome::end), "");
    EXPECT_FALSE(console.discipline.readable());
    console.type("four\x04");
    EXPECT_EQ(console.read(4), "four"); // exactly full: no end after it
    EXPECT_FALSE(console.discipline.readable());
}

TEST(Line_discipline, control_c_gives_up_the_line) {
    Console console;
    console.type("done\r");
    EXPECT_EQ(console.type("half\x03"), Line_discipline::Event::interrupt);
    EXPECT_FALSE(console.discipline.readable());
    EXPECT_EQ(console.screen.shown, "done\nhalf^C\n");
    console.type("x\r");
    EXPECT_EQ(console.read(), "x\n");
}

TEST(Line_discipline, a_line_has_a_limit_and_enter_still_works) {
    Console console;
    console.type(std::string(2000, 'a'));
    EXPECT_NE(console.screen.shown.find('\a'), std::string::npos);
    console.type("\r");
    EXPECT_EQ(console.read(2000).size(), Line_discipline::maximum_line + 1);
}

TEST(Line_discipline, unread_lines_have_a_limit) {
    Console console;
    for (int i = 0; i < 1000; ++i)
        console.type("0123456789\r");
    size_t lines = 0;
    while (console.discipline.readable()) {
        EXPECT_EQ(console.read(), "0123456789\n");
        ++lines;
    }
    EXPECT_EQ(lines, Line_discipline::maximum_ready / 11);
}

TEST(Line_discipline, raw_mode_passes_every_byte_without_echo) {
    Console console;
    console.discipline.set_mode(Mode::raw, console.screen);
    EXPECT_EQ(console.type("\x03\x1b[A\r"), Line_discipline::Event::none);
    EXPECT_EQ(console.read(), "\x03\x1b[A\r");
    EXPECT_EQ(console.screen.shown, "");
}

TEST(Line_discipline, typed_ahead_text_survives_a_change_of_mode) {
    Console console;
    console.type("begun");
    console.discipline.set_mode(Mode::raw, console.screen);
    EXPECT_EQ(console.read(), "begun");
    console.type("next\rlin");
    console.discipline.set_mode(Mode::cooked, console.screen);
    console.type("e\r");
    EXPECT_EQ(console.read(), "next\n");
    EXPECT_EQ(console.read(), "line\n");
}

} // namespace
