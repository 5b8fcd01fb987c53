// SPDX-License-Identifier: MIT
// One command line being edited on a terminal of one row: text that is wider than the row scrolls.
#pragma once

#include "history.hpp"
#include "key_decoder.hpp"

#include <string_view>

namespace lavandin::shell {

// What the editor needs from outside.
class Terminal {
public:
    virtual void show(std::string_view text) = 0;

    // The `index`th name (from 0) that completes a first word beginning with `prefix`; empty
    // beyond the last. Valid until the next call.
    virtual std::string_view completion(std::string_view prefix, size_t index) = 0;

protected:
    ~Terminal() = default;
};

class Line_editor {
public:
    static constexpr size_t columns = 79; // of a terminal that nobody can ask; the 80th would wrap

    Line_editor(Terminal& terminal, History& history, std::string_view prompt)
        : _terminal{terminal}, _history{history}, _prompt{prompt} {}

    enum class Outcome : uint8_t { editing, line, interrupted, end };

    // Empties the line and shows the prompt.
    void begin();

    // Takes one typed byte. After `line` the text is in line() and in the history.
    Outcome type(char byte);

    std::string_view line() const { return {_text, _length}; }

private:
    Outcome handle(Key_decoder::Decoded decoded);
    Outcome handle_end(Key key);
    void handle_motion(Key key);
    void handle_removal(Key key);
    void insert(std::string_view text);
    void remove(size_t begin, size_t end);
    void replace(std::string_view text);
    void recall(size_t back);
    void complete();
    void list_completions(std::string_view prefix);
    size_t before(size_t position) const; // one character, not one byte
    size_t after(size_t position) const;
    size_t word_before() const;
    size_t word_after() const;
    void redraw();

    Terminal& _terminal;
    History& _history;
    std::string_view _prompt;
    Key_decoder _decoder;
    char _text[maximum_line];
    size_t _length{0};
    size_t _cursor{0};
    size_t _recalled{0}; // place in the history, 0: the new line
};

} // namespace lavandin::shell
