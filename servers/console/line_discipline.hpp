// SPDX-License-Identifier: MIT
// What happens between the keys that are typed and the text that a client reads.
//
//   cooked:  key -> line being edited -- Enter, Ctrl-D --> ready -> read()
//   raw:     key ------------------------------------------> ready -> read()
//
// Control characters: Enter (CR or LF) ends the line, Backspace and Delete take a character back,
// Ctrl-W a word, Ctrl-U the line, Ctrl-C gives up the line and reports an interrupt, Ctrl-D hands
// over what there is; at the beginning of a line that is nothing, which means the end of input.
#pragma once

#include <lavandin/console_protocol.hpp>
#include <lavandin/fixed_queue.hpp>
#include <span>
#include <string_view>

namespace lavandin::console {

class Line_discipline {
public:
    static constexpr size_t maximum_line = 510; // without its newline
    static constexpr size_t maximum_ready = 4096;

    // Where the echo goes: called with text to show, newlines as '\n'.
    class Echo {
    public:
        virtual void show(std::string_view text) = 0;

    protected:
        ~Echo() = default;
    };

    enum class Event : uint8_t { none, interrupt };

    // Takes one typed byte. A byte for which there is no room is answered with the bell and lost.
    Event type(char byte, Echo& echo);

    // A line handed over or a key typed: read() has something to answer.
    bool readable() const { return !_ready.empty(); }

    struct Text {
        size_t bytes;
        console_protocol::Read_outcome outcome;
    };

    // What a reader gets, at most one line: copied, and left there until take(). Only if
    // readable().
    Text peek(std::span<char> to) const;

    // Removes what a peek() with the same size answered.
    void take(size_t bytes);

    // Raw takes over a line that is being edited; cooked treats what nobody read as typed now.
    void set_mode(console_protocol::Mode mode, Echo& echo);
    console_protocol::Mode mode() const { return _mode; }

private:
    // A byte, or the end of what one read gets (where there is no newline that says so).
    using Unit = uint16_t;
    static constexpr Unit hand_over_mark = 0x100;

    void insert(char byte, Echo& echo);
    void hand_over(bool newline, Echo& echo);
    void erase(size_t count, Echo& echo);
    size_t last_word() const;
    void make_ready(Unit unit, Echo& echo);

    console_protocol::Mode _mode{console_protocol::Mode::cooked};
    char _line[maximum_line];
    size_t _length{0};
    Fixed_queue<Unit, maximum_ready> _ready;
};

} // namespace lavandin::console
