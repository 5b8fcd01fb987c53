// SPDX-License-Identifier: MIT
#include <programs/shell/line_editor.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using namespace lavandin::shell;

// One row of a terminal: understands what the editor sends.
class Row final : public Terminal {
public:
    std::vector<std::string> names{"echo", "exit", "exit-with", "ps"};
    std::string row;
    std::string other; // rows that scrolled away
    size_t column{0};
    size_t bells{0};

    void show(std::string_view text) override {
        for (char const byte : text)
            put(byte);
    }

    std::string_view completion(std::string_view prefix, size_t index) override {
        for (std::string const& name : names)
            if (name.starts_with(prefix) && index-- == 0)
                return name;
        return {};
    }

private:
    void put(char byte) {
        if (!_sequence.empty() || byte == '\x1b')
            return sequence(byte);
        if (byte == '\a') {
            ++bells;
        } else if (byte == '\r') {
            column = 0;
        } else if (byte == '\n') {
            other += row + "\n";
            row.clear();
            column = 0;
        } else {
            row.resize(std::max(row.size(), column + 1), ' ');
            row[column++] = byte;
            EXPECT_LT(column, 80u);
        }
    }

    void sequence(char byte) {
        _sequence += byte;
        if (_sequence.size() < 3 || byte < 0x40)
            return;
        if (byte == 'K')
            row.resize(column);
        else if (byte == 'D')
            column -= std::stoul(_sequence.substr(2));
        _sequence.clear();
    }

    std::string _sequence;
};

struct Editing {
    Row terminal;
    History history;
    Line_editor editor{terminal, history, "$ "};

    Editing() { editor.begin(); }

    Line_editor::Outcome type(std::string_view keys) {
        auto outcome = Line_editor::Outcome::editing;
        for (char const key : keys)
            outcome = editor.type(key);
        return outcome;
    }
};

constexpr auto left = "\x1b[D";
constexpr auto up = "\x1b[A";
constexpr auto down = "\x1bOB";

TEST(Line_editor, takes_a_line) {
    Editing editing;
    EXPECT_EQ(editing.type("echo hi\r"), Line_editor::Outcome::line);
    EXPECT_EQ(editing.editor.line(), "echo hi");
    EXPECT_EQ(editing.terminal.other, "$ echo hi\n");
}

TEST(Line_editor, edits_in_the_middle) {
    Editing editing;
    editing.type("hllo");
    for (int i = 0; i < 3; ++i)
        editing.type(left);
    editing.type("e");
    EXPECT_EQ(editing.terminal.row, "$ hello");
    EXPECT_EQ(editing.terminal.column, 4u);
    editing.type("\x1b[3~");
    EXPECT_EQ(editing.terminal.row, "$ helo");
    editing.type("\x01"
                 "X\x05"
                 "Y\b");
    EXPECT_EQ(editing.terminal.row, "$ Xhelo");
    editing.type("\x1b[H\x1b[C\x0b");
    EXPECT_EQ(editing.editor.line(), "X");
}

TEST(Line_editor, kills_words_and_moves_by_them) {
    Editing editing;
    editing.type("one two three\x17");
    EXPECT_EQ(editing.editor.line(), "one two ");
    editing.type("\x1b[1;5D"
                 "X");
    EXPECT_EQ(editing.editor.line(), "one Xtwo ");
    editing.type("\x15");
    EXPECT_EQ(editing.editor.line(), "two ");
    EXPECT_EQ(editing.terminal.row, "$ two ");
}

TEST(Line_editor, recalls_history) {
    Editing editing;
    editing.type("first\r");
    editing.editor.begin();
    editing.type("second\r");
    editing.editor.begin();
    editing.type(up);
    EXPECT_EQ(editing.terminal.row, "$ second");
    editing.type(up);
    EXPECT_EQ(editing.terminal.row, "$ first");
    editing.type(up);
    EXPECT_EQ(editing.terminal.bells, 1u);
    editing.type(down);
    editing.type("!");
    EXPECT_EQ(editing.editor.line(), "second!");
    editing.type(down);
    EXPECT_EQ(editing.editor.line(), "");
}

TEST(Line_editor, completes_program_names) {
    Editing editing;
    editing.type("p\t");
    EXPECT_EQ(editing.editor.line(), "ps ");
    editing.type("\x15"
                 "ex\t");
    EXPECT_EQ(editing.editor.line(), "exit");
    editing.type("\t");
    EXPECT_NE(editing.terminal.other.find("exit  exit-with\n"), std::string::npos);
    EXPECT_EQ(editing.terminal.row, "$ exit");
    editing.type("\x15zz\t");
    EXPECT_EQ(editing.editor.line(), "zz");
}

TEST(Line_editor, interrupt_and_end) {
    Editing editing;
    EXPECT_EQ(editing.type("abc\x03"), Line_editor::Outcome::interrupted);
    editing.editor.begin();
    EXPECT_EQ(editing.type("ab\x1b[H\x04"), Line_editor::Outcome::editing);
    EXPECT_EQ(editing.editor.line(), "b");
    editing.type("\x05\b");
    EXPECT_EQ(editing.type("\x04"), Line_editor::Outcome::end);
    EXPECT_EQ(editing.history.size(), 0u);
}

TEST(Line_editor, long_lines_scroll_and_have_a_limit) {
    Editing editing;
    editing.type(std::string(200, 'a') + "END");
    EXPECT_EQ(editing.terminal.row.substr(editing.terminal.row.size() - 3), "END");
    editing.type("\x01");
    EXPECT_EQ(editing.terminal.column, 2u);
    editing.type(std::string(200, 'b'));
    EXPECT_EQ(editing.editor.line().size(), maximum_line);
    EXPECT_GT(editing.terminal.bells, 0u);
    for (int i = 0; i < 300; ++i)
        editing.type("\x1b[C");
    for (int i = 0; i < 300; ++i)
        editing.type("\x7f");
    EXPECT_EQ(editing.editor.line(), "");
    EXPECT_EQ(editing.terminal.row, "$ ");
}

TEST(Line_editor, whole_utf8_characters) {
    Editing editing;
    editing.type("a\xe2\x82\xac");
    editing.type("\b");
    EXPECT_EQ(editing.editor.line(), "a");
    editing.type("\xc3\xa9");
    editing.type(left);
    editing.type("x");
    EXPECT_EQ(editing.editor.line(), "ax\xc3\xa9");
}

TEST(Line_editor, unknown_sequences_leave_no_trace) {
    Editing editing;
    editing.type("\x1b[15~\x1b[200~\x1bz\x1b[?1;2c\x02\x06ok");
    EXPECT_EQ(editing.editor.line(), "ok");
}

TEST(History, is_bounded_and_leaves_out_repetitions) {
    History history;
    for (int i = 0; i < 100; ++i) {
        history.add("line " + std::to_string(i));
        history.add("line " + std::to_string(i));
    }
    EXPECT_EQ(history.size(), History::limit);
    EXPECT_EQ(history.at(1), "line 99");
    EXPECT_EQ(history.at(History::limit), "line " + std::to_string(100 - History::limit));
    EXPECT_EQ(history.at(History::limit + 1), "");
    EXPECT_EQ(history.at(0), "");
}

} // namespace
