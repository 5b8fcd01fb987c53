// SPDX-License-Identifier: MIT
#include "log_ring.hpp"

namespace lavandin::log {

void Log_ring::put(char byte) {
    if (_end - _begin == _storage.size()) // drop the oldest line
        while (at(_begin++) != '\n') {
        }
    _storage[_end++ % _storage.size()] = byte;
}

void Log_ring::append(std::string_view text) {
    size_t const taken = text.size() < maximum_line ? text.size() : maximum_line;
    for (char const byte : std::string_view{text.data(), taken})
        put(static_cast<unsigned char>(byte) < ' ' && byte != '\t' ? '?' : byte);
    put('\n');
}

uint64_t Log_ring::line_begin(uint64_t position) const {
    if (position <= _begin)
        return _begin;
    while (position < _end && at(position - 1) != '\n')
        ++position;
    return position < _end ? position : _end;
}

Log_ring::Text Log_ring::read(uint64_t position, std::span<char> to) const {
    uint64_t const from = line_begin(position);
    size_t whole = 0;
    for (size_t bytes = 0; bytes < to.size() && from + bytes < _end; ++bytes) {
        to[bytes] = at(from + bytes);
        if (to[bytes] == '\n')
            whole = bytes + 1;
    }
    return {from + whole, whole};
}

} // namespace lavandin::log
