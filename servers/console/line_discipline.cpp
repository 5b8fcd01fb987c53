// SPDX-License-Identifier: MIT
#include "line_discipline.hpp"

#include <algorithm>

namespace lavandin::console {
namespace {

using console_protocol::Mode;
using console_protocol::Read_outcome;

constexpr char control(char letter) { return static_cast<char>(letter & 0x1f); }
constexpr char delete_key = 0x7f;
constexpr std::string_view bell{"\a"};

constexpr bool printable(char byte) {
    auto const value = static_cast<unsigned char>(byte);
    return value >= ' ' && value != delete_key; // bytes above 127: parts of UTF-8 characters
}

constexpr bool ends_line(char byte) { return byte == '\r' || byte == '\n'; }

// Bytes after the first of a UTF-8 character take no column (RFC 3629, section 3).
constexpr bool continuation(char byte) { return (byte & 0xc0) == 0x80; }

} // namespace

Line_discipline::Event Line_discipline::type(char byte, Echo& echo) {
    if (_mode == Mode::cooked && byte == control('C')) {
        _typed.clear();
        begin_line();
        echo.show("^C\n");
        return Event::interrupt;
    }
    if (_typed.size() >= maximum_typed || !_typed.push(byte))
        echo.show(bell);
    return Event::none;
}

bool Line_discipline::readable(Echo& echo) {
    if (_mode == Mode::raw)
        return !_typed.empty();
    while (!_handed_over && !_typed.empty()) {
        char const byte = _typed.front();
        _typed.drop();
        edit(byte, echo);
    }
    return _handed_over;
}

void Line_discipline::edit(char byte, Echo& echo) {
    switch (byte) {
    case '\r':
    case '\n':
        return hand_over(true, echo);
    case control('D'):
        return hand_over(false, echo);
    case '\b':
    case delete_key:
        return erase(1, echo);
    case control('W'):
        return erase(last_word(), echo);
    case control('U'):
        return erase(_length, echo);
    default:
        return insert(byte, echo);
    }
}

void Line_discipline::insert(char byte, Echo& echo) {
    if (_length == maximum_line || !(printable(byte) || byte == '\t'))
        return echo.show(bell);
    _line[_length++] = byte;
    // A tab's width depends on the column, which erasing would have to know: shown as one blank.
    echo.show(byte == '\t' ? std::string_view{" "} : std::string_view{&_line[_length - 1], 1});
}

void Line_discipline::hand_over(bool newline, Echo& echo) {
    if (newline) {
        _line[_length++] = '\n'; // for which maximum_line leaves room
        echo.show("\n");
    }
    _handed_over = true;
}

// At least `count` bytes, and always whole characters.
void Line_discipline::erase(size_t count, Echo& echo) {
    size_t const keep = count < _length ? _length - count : 0;
    while (_length > keep) {
        do
            --_length;
        while (_length > 0 && continuation(_line[_length]));
        echo.show("\b \b");
    }
}

size_t Line_discipline::last_word() const {
    size_t begin = _length;
    while (begin > 0 && _line[begin - 1] == ' ')
        --begin;
    while (begin > 0 && _line[begin - 1] != ' ')
        --begin;
    return _length - begin;
}

void Line_discipline::begin_line() {
    _length = _taken = 0;
    _handed_over = false;
}

Line_discipline::Text Line_discipline::peek(std::span<char> to) const {
    if (_mode == Mode::raw) {
        size_t bytes = 0;
        while (bytes < to.size() && bytes < _typed.size()) {
            to[bytes] = _typed.at(bytes);
            if (ends_line(to[bytes++])) // what follows may be for another reader
                break;
        }
        return {bytes, Read_outcome::data};
    }
    size_t const bytes = std::min(to.size(), _length - _taken);
    std::copy_n(_line + _taken, bytes, to.begin());
    return {bytes, _length == 0 ? Read_outcome::end : Read_outcome::data};
}

void Line_discipline::take(size_t bytes) {
    if (_mode == Mode::raw)
        return _typed.drop(bytes);
    _taken += bytes;
    if (_taken == _length)
        begin_line();
}

// The rest of a line goes in front of the keys behind it.
void Line_discipline::set_mode(Mode mode) {
    if (mode == _mode)
        return;
    _mode = mode;
    size_t const behind = _typed.size();
    for (size_t i = _taken; i < _length; ++i)
        static_cast<void>(_typed.push(_line[i])); // there is room for a line beside maximum_typed
    begin_line();
    for (size_t i = 0; _typed.size() > behind && i < behind; ++i) {
        char const byte = _typed.front();
        _typed.drop();
        static_cast<void>(_typed.push(byte));
    }
}

} // namespace lavandin::console
