// SPDX-License-Identifier: MIT
#include "line_discipline.hpp"

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

// Bytes after the first of a UTF-8 character take no column (RFC 3629, section 3).
constexpr bool continuation(char byte) { return (byte & 0xc0) == 0x80; }

} // namespace

Line_discipline::Event Line_discipline::type(char byte, Echo& echo) {
    if (_mode == Mode::raw) {
        make_ready(static_cast<unsigned char>(byte), echo);
        return Event::none;
    }
    switch (byte) {
    case '\r':
    case '\n':
        hand_over(true, echo);
        break;
    case control('D'):
        hand_over(false, echo);
        break;
    case '\b':
    case delete_key:
        erase(1, echo);
        break;
    case control('W'):
        erase(last_word(), echo);
        break;
    case control('U'):
        erase(_length, echo);
        break;
    case control('C'):
        _length = 0;
        _ready.clear();
        echo.show("^C\n");
        return Event::interrupt;
    default:
        insert(byte, echo);
    }
    return Event::none;
}

void Line_discipline::insert(char byte, Echo& echo) {
    if (_length == maximum_line || !(printable(byte) || byte == '\t'))
        return echo.show(bell);
    _line[_length++] = byte;
    // A tab's width depends on the column, which erasing would have to know: shown as one blank.
    echo.show(byte == '\t' ? std::string_view{" "} : std::string_view{&_line[_length - 1], 1});
}

void Line_discipline::hand_over(bool newline, Echo& echo) {
    if (_ready.space() < _length + 1)
        return echo.show(bell);
    for (size_t i = 0; i < _length; ++i)
        make_ready(static_cast<unsigned char>(_line[i]), echo);
    _length = 0;
    make_ready(newline ? Unit{'\n'} : hand_over_mark, echo);
    if (newline)
        echo.show("\n");
}

void Line_discipline::make_ready(Unit unit, Echo& echo) {
    if (!_ready.push(unit))
        echo.show(bell);
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

Line_discipline::Text Line_discipline::peek(std::span<char> to) const {
    size_t bytes = 0;
    while (bytes < to.size() && bytes < _ready.size() && _ready.at(bytes) != hand_over_mark) {
        to[bytes] = static_cast<char>(_ready.at(bytes));
        if (to[bytes++] == '\n')
            break;
    }
    bool const end = bytes == 0 && !to.empty() && _ready.at(0) == hand_over_mark;
    return {bytes, end ? Read_outcome::end : Read_outcome::data};
}

void Line_discipline::take(size_t bytes) {
    bool const line = bytes > 0 && _ready.at(bytes - 1) == '\n';
    _ready.drop(bytes);
    if (!line && !_ready.empty() && _ready.front() == hand_over_mark)
        _ready.drop();
}

void Line_discipline::set_mode(Mode mode, Echo& echo) {
    if (mode == _mode)
        return;
    _mode = mode;
    if (mode == Mode::raw) {
        for (size_t i = 0; i < _length; ++i)
            make_ready(static_cast<unsigned char>(_line[i]), echo);
        _length = 0;
        return;
    }
    for (size_t count = _ready.size(); count > 0 && !_ready.empty(); --count) {
        Unit const unit = _ready.front();
        _ready.drop();
        type(static_cast<char>(unit == hand_over_mark ? control('D') : unit), echo);
    }
}

} // namespace lavandin::console
