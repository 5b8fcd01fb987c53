// SPDX-License-Identifier: MIT
#include "output.hpp"

namespace lavandin::console {

bool Output::write(Writer writer, std::string_view text) {
    if (text.empty())
        return true;
    // The keyboard's echo continues the line on which somebody asks for input, and the other way
    // round; two clients never share a line.
    bool const stranger = writer != _last_writer && writer != keyboard && _last_writer != keyboard;
    bool const break_line = stranger && _line_begun;
    size_t needed = text.size() + (break_line ? 2 : 0);
    for (char const byte : text)
        needed += byte == '\n';
    if (needed > _queue.space())
        return false;
    if (break_line)
        append('\n');
    for (char const byte : text)
        append(byte);
    _line_begun = text.back() != '\n';
    if (writer != keyboard || !_line_begun)
        _last_writer = writer;
    return true;
}

void Output::append(char byte) {
    // Cannot fail: write() has counted.
    if (byte == '\n')
        static_cast<void>(_queue.push('\r'));
    static_cast<void>(_queue.push(byte));
}

std::string_view Output::next() const {
    char const* begin = nullptr;
    size_t const bytes = _queue.contiguous(begin);
    return {begin, bytes};
}

} // namespace lavandin::console
