// SPDX-License-Identifier: MIT
// What comes over the socket: a line of JSON, `{"command": ..., ...}`, answered by one line,
// `{"ok": ...}` or `{"error": "..."}`.
#pragma once

#include "daemon.hpp"

#include <string>
#include <string_view>

namespace lavandin::coopd {

// The answer, without a newline. Whatever the line holds, nothing is thrown.
std::string obey(Daemon& daemon, std::string_view line);

} // namespace lavandin::coopd
