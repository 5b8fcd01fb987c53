// SPDX-License-Identifier: MIT
#include "command.hpp"

namespace lavandin::shell {
namespace {

bool blank(char byte) { return byte == ' ' || byte == '\t'; }

void skip_blanks(std::string_view& line) {
    while (!line.empty() && blank(line[0]))
        line.remove_prefix(1);
}

} // namespace

bool Command::fail(char const* reason) {
    _reason = reason;
    _count = 0;
    return false;
}

bool Command::parse(std::string_view line) {
    *this = {};
    if (line.size() > maximum_line)
        return fail("the line is too long");
    for (skip_blanks(line); !line.empty() && line[0] != '#'; skip_blanks(line)) {
        if (_background)
            return fail("`&` can only stand at the end");
        if (line[0] == '&') {
            _background = true;
            line.remove_prefix(1);
        } else if (!take_word(line)) {
            return false;
        }
    }
    return !_background || _count != 0 || fail("there is no command before `&`");
}

bool Command::take_word(std::string_view& line) {
    if (_count == maximum_words)
        return fail("there are more than 32 words");
    size_t const begin = _used;
    while (!line.empty() && !blank(line[0]) && line[0] != '&') {
        char const byte = line[0];
        line.remove_prefix(1);
        if (byte == '\'' || byte == '"') {
            if (!take_quoted(line, byte))
                return fail("a quote is not closed");
        } else if (byte == '\\' && !line.empty()) {
            put(line[0]);
            line.remove_prefix(1);
        } else {
            put(byte);
        }
    }
    _words[_count++] = {_block + begin, _used - begin};
    put('\0');
    return true;
}

bool Command::take_quoted(std::string_view& line, char quote) {
    for (; !line.empty(); line.remove_prefix(1)) {
        if (line[0] == quote) {
            line.remove_prefix(1);
            return true;
        }
        if (line[0] == '\\' && quote == '"' && line.size() > 1)
            line.remove_prefix(1);
        put(line[0]);
    }
    return false;
}

} // namespace lavandin::shell
