// SPDX-License-Identifier: MIT
// How a line of the log looks: "[    1.234567] name: text".
#pragma once

#include <span>
#include <stdint.h>
#include <string_view>

namespace lavandin {

// Writes the line to the front of `to` and answers it; what does not fit is cut off. `time` is in
// nanoseconds of the clock.
std::string_view format_log_line(std::span<char> to, uint64_t time, std::string_view name,
                                 std::string_view text);

} // namespace lavandin
