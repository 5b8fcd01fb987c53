// SPDX-License-Identifier: MIT
// A command line taken apart: words by blanks, '...' and "..." and \ to quote, & at the end for the
// background, # for a comment.
#pragma once

#include "history.hpp"

#include <span>
#include <string_view>

namespace lavandin::shell {

class Command {
public:
    static constexpr size_t maximum_words = 32;

    // Takes `line` apart. False when a quote is not closed, there are more than 32 words, or `&` is
    // not the end; reason() says which.
    bool parse(std::string_view line);

    char const* reason() const { return _reason; }

    // The words; none when the line is empty or a comment.
    std::span<std::string_view const> words() const { return {_words, _count}; }
    bool background() const { return _background; }

    // The words one after the other, each ended by a NUL: what spawn takes.
    std::string_view block() const { return {_block, _used}; }

private:
    bool fail(char const* reason);
    bool take_word(std::string_view& line);
    bool take_quoted(std::string_view& line, char quote);
    void put(char byte) { _block[_used++] = byte; }

    // A word takes at most one byte more than it has in the line: its NUL instead of the blank.
    char _block[maximum_line + 1];
    size_t _used{0};
    std::string_view _words[maximum_words];
    size_t _count{0};
    bool _background{false};
    char const* _reason{""};
};

} // namespace lavandin::shell
