// SPDX-License-Identifier: MIT
// The kernel command line: words of the form key or key=value, separated by blanks.
#pragma once

#include <stdint.h>

namespace kernel {

// The number behind `key=`, or `otherwise` when it is not there or no decimal number.
constexpr uint64_t command_line_number(char const* line, char const* key, uint64_t otherwise) {
    for (char const* at = line; *at;) {
        while (*at == ' ')
            ++at;
        char const* k = key;
        char const* w = at;
        while (*k && *k == *w)
            ++k, ++w;
        if (!*k && *w == '=' && w[1] >= '0' && w[1] <= '9') {
            uint64_t value = 0;
            for (++w; *w >= '0' && *w <= '9' && value < UINT64_MAX / 100; ++w)
                value = value * 10 + static_cast<uint64_t>(*w - '0');
            return *w == ' ' || !*w ? value : otherwise;
        }
        while (*at && *at != ' ')
            ++at;
    }
    return otherwise;
}

static_assert(command_line_number("a=1 b=23", "b", 0) == 23);
static_assert(command_line_number("ab=1", "b", 7) == 7);
static_assert(command_line_number("b=1x", "b", 7) == 7);

} // namespace kernel
