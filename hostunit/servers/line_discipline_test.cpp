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

    // As type(), while somebody waits for a line.
    void type_to_reader(std::string_view keys) {
        for (char const key : keys) {
            type({&key, 1});
            static_cast<void>(readable());
        }
    }

    bool readable() { return discipline.readable(screen); }

    std::string read(size_t size = 256, Read_outcome expected = Read_outcome::data) {
        if (!readable())
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
    console.type_to_reader("hello");
    EXPECT_FALSE(console.readable());
    EXPECT_EQ(console.screen.shown, "hello");
    console.type("\r");
    EXPECT_EQ(console.read(), "hello\n");
    EXPECT_EQ(console.screen.shown, "hello\n");
    EXPECT_FALSE(console.readable());
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
    console.type_to_reader("x\r");
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
    console.type_to_reader("\b\x15\x17");
    EXPECT_EQ(console.screen.shown, "");
}

TEST(Line_discipline, erasing_takes_whole_utf8_characters) {
    Console console;
    console.type_to_reader("a\xc3\xa9\xe2\x82\xac");
    console.screen.shown.clear();
    console.type_to_reader("\b\b");
    EXPECT_EQ(console.screen.shown, "\b \b\b \b");
    console.type("\r");
    EXPECT_EQ(console.read(), "a\n");
}

TEST(Line_discipline, control_d_hands_over_or_ends) {
    Console console;
    console.type("part\x04");
    EXPECT_EQ(console.read(), "part");
    EXPECT_FALSE(console.readable());
    console.type("\x04");
    EXPECT_EQ(console.read(16, Read_outcome::end), "");
    EXPECT_FALSE(console.readable());
    console.type("four\x04");
    EXPECT_EQ(console.read(4), "four"); // exactly full: no end after it
    EXPECT_FALSE(console.readable());
}

TEST(Line_discipline, control_c_gives_up_the_line) {
    Console console;
    console.type_to_reader("done\rhal");
    EXPECT_EQ(console.read(), "done\n");
    EXPECT_FALSE(console.readable());
    EXPECT_EQ(console.type("f\x03"), Line_discipline::Event::interrupt);
    EXPECT_FALSE(console.readable());
    EXPECT_EQ(console.screen.shown, "done\nhal^C\n");
    console.type("x\r");
    EXPECT_EQ(console.read(), "x\n");
}

TEST(Line_discipline, a_line_has_a_limit_and_enter_still_works) {
    Console console;
    console.type_to_reader(std::string(2000, 'a'));
    EXPECT_NE(console.screen.shown.find('\a'), std::string::npos);
    console.type("\r");
    EXPECT_EQ(console.read(2000).size(), Line_discipline::maximum_line + 1);
}

TEST(Line_discipline, unread_keys_have_a_limit) {
    Console console;
    for (int i = 0; i < 1000; ++i)
        console.type("0123456789\r");
    EXPECT_NE(console.screen.shown.find('\a'), std::string::npos);
    size_t lines = 0;
    while (console.readable()) {
        EXPECT_EQ(console.read(), "0123456789\n");
        ++lines;
    }
    EXPECT_EQ(lines, Line_discipline::maximum_typed / 11);
}

TEST(Line_discipline, raw_mode_passes_every_byte_without_echo) {
    Console console;
    console.discipline.set_mode(Mode::raw);
    EXPECT_EQ(console.type("\x03\x1b[A\r"), Line_discipline::Event::none);
    EXPECT_EQ(console.read(), "\x03\x1b[A\r");
    EXPECT_EQ(console.screen.shown, "");
}

TEST(Line_discipline, a_raw_read_ends_behind_a_line) {
    Console console;
    console.discipline.set_mode(Mode::raw);
    console.type("a\rb\nc");
    EXPECT_EQ(console.read(), "a\r");
    EXPECT_EQ(console.read(), "b\n");
    EXPECT_EQ(console.read(), "c");
}

TEST(Line_discipline, typed_ahead_text_is_shown_when_it_is_read) {
    Console console;
    console.type("first\rsecond\rthi");
    EXPECT_EQ(console.screen.shown, "");
    EXPECT_EQ(console.read(), "first\n");
    EXPECT_EQ(console.screen.shown, "first\n");
    EXPECT_EQ(console.read(), "second\n");
    EXPECT_EQ(console.screen.shown, "first\nsecond\n");
    EXPECT_FALSE(console.readable());
    EXPECT_EQ(console.screen.shown, "first\nsecond\nthi");
}

TEST(Line_discipline, typed_ahead_text_for_raw_mode_is_not_shown) {
    Console console;
    console.type("ls\r");
    console.discipline.set_mode(Mode::raw);
    EXPECT_EQ(console.read(), "ls\r");
    EXPECT_EQ(console.screen.shown, "");
}

TEST(Line_discipline, control_c_gives_up_what_was_typed_ahead) {
    Console console;
    console.type("no\rno");
    EXPECT_EQ(console.type("\x03"), Line_discipline::Event::interrupt);
    EXPECT_FALSE(console.readable());
    EXPECT_EQ(console.screen.shown, "^C\n");
}

TEST(Line_discipline, typed_ahead_text_survives_a_change_of_mode) {
    Console console;
    console.type_to_reader("begun");
    console.type(" and more");
    console.discipline.set_mode(Mode::raw);
    EXPECT_EQ(console.read(), "begun and more");
    console.type("next\rlin");
    console.discipline.set_mode(Mode::cooked);
    console.type("e\r");
    EXPECT_EQ(console.read(), "next\n");
    EXPECT_EQ(console.read(), "line\n");
}

TEST(Line_discipline, a_line_read_in_part_goes_to_raw_mode_before_what_follows) {
    Console console;
    console.type("abcdef\rghi");
    EXPECT_EQ(console.read(2), "ab");
    console.discipline.set_mode(Mode::raw);
    EXPECT_EQ(console.read(), "cdef\n");
    EXPECT_EQ(console.read(), "ghi");
}

TEST(Line_discipline, a_full_queue_has_room_for_the_line_at_hand) {
    Console console;
    std::string const line(Line_discipline::maximum_line, 'a');
    std::string const rest(Line_discipline::maximum_typed, 'b');
    console.type_to_reader(line);
    console.type("\r");
    EXPECT_TRUE(console.readable());
    console.type(rest);
    console.discipline.set_mode(Mode::raw);
    EXPECT_EQ(console.read(8192), line + '\n');
    EXPECT_EQ(console.read(8192), rest);
}

} // namespace
