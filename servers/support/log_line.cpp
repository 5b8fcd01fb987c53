// SPDX-License-Identifier: MIT
#include <lavandin/log_line.hpp>

#include <algorithm>
#include <stdio.h>

namespace lavandin {

std::string_view format_log_line(std::span<char> to, uint64_t time, std::string_view name,
                                 std::string_view text) {
    int const length = snprintf(
        to.data(), to.size(), "[%5u.%06u] %.*s: %.*s", static_cast<unsigned>(time / 1'000'000'000),
        static_cast<unsigned>(time / 1000 % 1'000'000), static_cast<int>(name.size()), name.data(),
        static_cast<int>(text.size()), text.data());
    return {to.data(), std::min(static_cast<size_t>(length), to.size() - 1)};
}

} // namespace lavandin
