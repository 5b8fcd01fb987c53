// SPDX-License-Identifier: MIT
// What the shell shows, collected so that one key's worth of output is one message.
#pragma once

#include <lavandin/console_client.hpp>

namespace lavandin::shell {

class Screen {
public:
    void show(std::string_view text);
    [[gnu::format(printf, 2, 3)]] void print(char const* format, ...);
    void flush();

    Console_client const& console() const { return _console; }

private:
    Console_client const _console;
    char _text[512];
    size_t _length{0};
};

} // namespace lavandin::shell
