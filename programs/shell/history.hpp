// SPDX-License-Identifier: MIT
// The last command lines.
#pragma once

#include <array>
#include <stddef.h>
#include <string_view>

namespace lavandin::shell {

inline constexpr size_t maximum_line = 255;

class History {
public:
    static constexpr size_t limit = 32;

    // Empty lines and a repetition of the last one are left out; the oldest makes room.
    void add(std::string_view line);

    size_t size() const { return _added < limit ? _added : limit; }
    size_t added() const { return _added; }

    // `back`: 1 is the last line, size() the oldest that is still there. Empty beyond.
    std::string_view at(size_t back) const;

private:
    struct Line {
        char text[maximum_line];
        size_t length;
    };

    std::array<Line, limit> _lines{};
    size_t _added{0};
};

} // namespace lavandin::shell
