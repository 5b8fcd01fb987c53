// SPDX-License-Identifier: MIT
// The last messages, as text, one per line, found by position: a count of bytes since the start.
#pragma once

#include <span>
#include <stddef.h>
#include <stdint.h>
#include <string_view>

namespace lavandin::log {

class Log_ring {
public:
    static constexpr size_t maximum_line = 640; // storage must hold several

    explicit Log_ring(std::span<char> storage) : _storage{storage} {}

    // Appends `text`, which is one line without its newline; control characters in it become '?'.
    // The oldest lines make room. At most maximum_line bytes are taken of one.
    void append(std::string_view text);

    struct Text {
        uint64_t next; // position behind what was copied
        size_t bytes;
    };

    // Copies whole lines from `position` on, as many as fit; a position before the oldest line that
    // is still there, or inside a line, goes to the next line's beginning.
    Text read(uint64_t position, std::span<char> to) const;

    uint64_t end() const { return _end; }

private:
    char at(uint64_t position) const { return _storage[position % _storage.size()]; }
    void put(char byte);
    uint64_t line_begin(uint64_t position) const;

    std::span<char> _storage;
    uint64_t _begin{0}; // of the oldest line that is whole
    uint64_t _end{0};
};

} // namespace lavandin::log
