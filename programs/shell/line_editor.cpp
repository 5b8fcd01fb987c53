// SPDX-License-Identifier: MIT
#include "line_editor.hpp"

#include <algorithm>
#include <stdio.h>
#include <string.h>

namespace lavandin::shell {
namespace {

// Bytes after the first of a UTF-8 character take no column (RFC 3629, section 3).
constexpr bool continuation(char byte) { return (byte & 0xc0) == 0x80; }

size_t width(std::string_view text) {
    size_t columns = 0;
    for (char const byte : text)
        columns += !continuation(byte);
    return columns;
}

} // namespace

void Line_editor::begin() {
    _length = _cursor = _recalled = 0;
    _terminal.show(_prompt);
}

Line_editor::Outcome Line_editor::type(char byte) { return handle(_decoder.decode(byte)); }

Line_editor::Outcome Line_editor::handle(Key_decoder::Decoded decoded) {
    switch (decoded.key) {
    case Key::none:
        break;
    case Key::text:
        insert({&decoded.byte, 1});
        break;
    case Key::enter:
    case Key::interrupt:
    case Key::end_of_input:
        return handle_end(decoded.key);
    case Key::tab:
        complete();
        break;
    case Key::clear_screen:
        _terminal.show("\x1b[H\x1b[2J");
        redraw();
        break;
    case Key::up:
        recall(_recalled + 1);
        break;
    case Key::down:
        recall(_recalled == 0 ? 0 : _recalled - 1);
        break;
    case Key::backspace:
    case Key::remove:
    case Key::kill_to_end:
    case Key::kill_to_begin:
    case Key::kill_word:
        handle_removal(decoded.key);
        break;
    default:
        handle_motion(decoded.key);
    }
    return Outcome::editing;
}

Line_editor::Outcome Line_editor::handle_end(Key key) {
    if (key == Key::end_of_input && _length > 0) {
        handle_removal(Key::remove);
        return Outcome::editing;
    }
    if (key == Key::end_of_input)
        return Outcome::end;
    _terminal.show(key == Key::interrupt ? "^C\n" : "\n");
    if (key == Key::interrupt)
        return Outcome::interrupted;
    _history.add(line());
    return Outcome::line;
}

void Line_editor::handle_motion(Key key) {
    size_t const old = _cursor;
    if (key == Key::left)
        _cursor = before(_cursor);
    else if (key == Key::right)
        _cursor = after(_cursor);
    else if (key == Key::word_left)
        _cursor = word_before();
    else if (key == Key::word_right)
        _cursor = word_after();
    else
        _cursor = key == Key::home ? 0 : _length;
    if (_cursor != old)
        redraw();
}

void Line_editor::handle_removal(Key key) {
    if (key == Key::backspace)
        remove(before(_cursor), _cursor);
    else if (key == Key::remove)
        remove(_cursor, after(_cursor));
    else if (key == Key::kill_to_end)
        remove(_cursor, _length);
    else
        remove(key == Key::kill_word ? word_before() : 0, _cursor);
}

void Line_editor::insert(std::string_view text) {
    if (text.size() > maximum_line - _length)
        return _terminal.show("\a");
    memmove(_text + _cursor + text.size(), _text + _cursor, _length - _cursor);
    memcpy(_text + _cursor, text.data(), text.size());
    _length += text.size();
    _cursor += text.size();
    if (_cursor == _length && width(_prompt) + width(line()) < columns)
        return _terminal.show(text); // at the end of a line that fits: only what is new
    redraw();
}

void Line_editor::remove(size_t begin, size_t end) {
    if (begin == end)
        return;
    memmove(_text + begin, _text + end, _length - end);
    _length -= end - begin;
    _cursor = begin;
    redraw();
}

void Line_editor::replace(std::string_view text) {
    std::copy(text.begin(), text.end(), _text);
    _length = _cursor = text.size();
    redraw();
}

void Line_editor::recall(size_t back) {
    if (back > _history.size() || back == _recalled)
        return _terminal.show("\a");
    _recalled = back;
    replace(_history.at(back));
}

// What all completions have in common goes into the line; when that is nothing new, they are
// listed.
void Line_editor::complete() {
    if (_cursor != _length || memchr(_text, ' ', _length) != nullptr)
        return _terminal.show("\a");
    char common[maximum_line];
    size_t length = 0;
    size_t count = 0;
    for (std::string_view name; !(name = _terminal.completion(line(), count)).empty(); ++count) {
        size_t same = 0;
        size_t const limit = count == 0 ? sizeof(common) : length;
        while (same < limit && same < name.size() && (count == 0 || common[same] == name[same])) {
            common[same] = name[same];
            ++same;
        }
        length = same;
    }
    if (count == 0)
        return _terminal.show("\a");
    if (length > _length)
        insert({common + _length, length - _length});
    else if (count > 1)
        list_completions(line());
    if (count == 1)
        insert(" ");
}

void Line_editor::list_completions(std::string_view prefix) {
    for (size_t i = 0;; ++i) {
        std::string_view const name = _terminal.completion(prefix, i);
        if (name.empty())
            break;
        _terminal.show(i == 0 ? "\n" : "  ");
        _terminal.show(name);
    }
    _terminal.show("\n");
    redraw();
}

size_t Line_editor::before(size_t position) const {
    while (position > 0 && continuation(_text[--position])) {
    }
    return position;
}

size_t Line_editor::after(size_t position) const {
    if (position < _length)
        ++position;
    while (position < _length && continuation(_text[position]))
        ++position;
    return position;
}

size_t Line_editor::word_before() const {
    size_t position = _cursor;
    while (position > 0 && _text[position - 1] == ' ')
        --position;
    while (position > 0 && _text[position - 1] != ' ')
        --position;
    return position;
}

size_t Line_editor::word_after() const {
    size_t position = _cursor;
    while (position < _length && _text[position] == ' ')
        ++position;
    while (position < _length && _text[position] != ' ')
        ++position;
    return position;
}

// CR, prompt, the part of the text around the cursor, erase the rest (ECMA-48 EL), cursor back.
void Line_editor::redraw() {
    size_t const room = columns - width(_prompt);
    size_t begin = 0;
    while (width({_text + begin, _cursor - begin}) >= room)
        begin = after(begin);
    size_t end = begin;
    while (end < _length && width({_text + begin, after(end) - begin}) < room)
        end = after(end);
    _terminal.show("\r");
    _terminal.show(_prompt);
    _terminal.show({_text + begin, end - begin});
    _terminal.show("\x1b[K");
    if (size_t const back = width({_text + _cursor, end - _cursor})) {
        char sequence[16];
        int const bytes = snprintf(sequence, sizeof(sequence), "\x1b[%zuD", back);
        _terminal.show({sequence, static_cast<size_t>(bytes)});
    }
}

} // namespace lavandin::shell
