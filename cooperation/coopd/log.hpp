// SPDX-License-Identifier: MIT
// Lines on standard error, with the number that journals know levels by.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace lavandin::coopd {

enum class Level { error = 3, warning = 4, info = 6, debug = 7 }; // as syslog's

void log_up_to(Level level);
bool logged(Level level);
void write_log(Level level, std::string_view line);

template <class... Arguments>
void log(Level level, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (logged(level))
        write_log(level, fmt::format(format, std::forward<Arguments>(arguments)...));
}

} // namespace lavandin::coopd
