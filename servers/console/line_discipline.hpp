// SPDX-License-Identifier: MIT
// What happens between the keys that are typed and the text that a client reads.
//
//   cooked:  key -> typed -- while somebody reads --> line being edited -- Enter, Ctrl-D --> read()
//   raw:     key -> typed -----------------------------------------------------------------> read()
//
// Keys that nobody waits for stay as they were typed, unseen: whoever reads them next decides how
// they are echoed, and so each is shown once.
//
// Control characters: Enter (CR or LF) ends the line, Backspace and Delete take a character back,
// Ctrl-W a word, Ctrl-U the line, Ctrl-D hands over what there is; at the beginning of a line that
// is nothing, which means the end of input. Ctrl-C counts at once: it gives up all that was typed
// and reports an interrupt.
#pragma once

#include <lavandin/console_protocol.hpp>
#include <lavandin/fixed_queue.hpp>
#include <span>
#include <string_view>

namespace lavandin::console {

class Line_discipline {
public:
    static constexpr size_t maximum_line = 510; // without its newline
    static constexpr size_t maximum_typed = 4096;

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

    // To be asked while somebody reads: edits what was typed as far as the end of a line. True when
    // there is something to answer.
    bool readable(Echo& echo);

    struct Text {
        size_t bytes;
        console_protocol::Read_outcome outcome;
    };

    // What a reader gets, at most one line: copied, and left there until take(). Only if
    // readable().
    Text peek(std::span<char> to) const;

    // Removes what a peek() with the same size answered.
    void take(size_t bytes);

    // What has been edited but not read counts as typed in raw mode; a line that was handed over
    // keeps its end.
    void set_mode(console_protocol::Mode mode);
    console_protocol::Mode mode() const { return _mode; }

private:
    void edit(char byte, Echo& echo);
    void insert(char byte, Echo& echo);
    void hand_over(bool newline, Echo& echo);
    void erase(size_t count, Echo& echo);
    size_t last_word() const;
    void begin_line();

    console_protocol::Mode _mode{console_protocol::Mode::cooked};
    Fixed_queue<char, maximum_typed + maximum_line + 1> _typed; // and a line that was given back
    char _line[maximum_line + 1];
    size_t _length{0};
    size_t _taken{0};         // bytes of a line handed over that have been read
    bool _handed_over{false}; // the line is a reader's
};

} // namespace lavandin::console
