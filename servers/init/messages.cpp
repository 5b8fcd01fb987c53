// SPDX-License-Identifier: MIT
#include "messages.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>
#include <lavandin/log_line.hpp>
#include <stdarg.h>
#include <stdio.h>

namespace lavandin::init {

void Messages::say(char const* format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int const length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    size_t const bytes = std::min(static_cast<size_t>(length), sizeof(text) - 1);
    char storage[Log_ring::maximum_line];
    std::string_view const line = format_log_line(storage, now(), "init", {text, bytes});
    if (_handed_over)
        _ring.append(line);
    else
        _early.line(line);
}

char const* text_of(Error error) {
    switch (error) {
    case Error::quota_exceeded:
        return "its quota does not cover it";
    case Error::out_of_memory:
        return "there is not enough memory";
    case Error::not_mapped:
        return "there is no such program";
    case Error::table_full:
        return "there are too many processes";
    case Error::not_supported:
        return "it is not a valid program image";
    case Error::invalid_argument:
        return "an argument is not valid";
    case Error::permission_denied:
        return "permission is denied";
    default:
        return "the kernel refused";
    }
}

} // namespace lavandin::init
