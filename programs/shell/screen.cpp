// SPDX-License-Identifier: MIT
#include "screen.hpp"

#include <algorithm>
#include <stdarg.h>
#include <stdio.h>

namespace lavandin::shell {

void Screen::show(std::string_view text) {
    while (!text.empty()) {
        if (_length == sizeof(_text))
            flush();
        size_t const part = std::min(text.size(), sizeof(_text) - _length);
        std::copy_n(text.begin(), part, _text + _length);
        _length += part;
        text.remove_prefix(part);
    }
}

void Screen::print(char const* format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int const length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    show({line, std::min(static_cast<size_t>(length), sizeof(line) - 1)});
}

void Screen::flush() {
    // A console that has gone away is noticed when keys are read.
    static_cast<void>(_console.write({_text, _length}));
    _length = 0;
}

} // namespace lavandin::shell
