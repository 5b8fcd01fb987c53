// SPDX-License-Identifier: MIT
// Puts the kernel's log, which arrives in pieces of any size, together to lines.
#pragma once

#include <stddef.h>
#include <string_view>

namespace lavandin::log {

class Line_collector {
public:
    static constexpr size_t maximum_line = 480;

    // Calls `line(text without newline)` for each line that `text` completes. A line that is too
    // long is cut into several.
    template <typename Line>
    void add(std::string_view text, Line line) {
        for (char const byte : text) {
            if (byte != '\n' && byte != '\r')
                _text[_length++] = byte;
            if (byte != '\n' && _length < maximum_line)
                continue;
            line(std::string_view{_text, _length});
            _length = 0;
        }
    }

private:
    char _text[maximum_line];
    size_t _length{0};
};

} // namespace lavandin::log
