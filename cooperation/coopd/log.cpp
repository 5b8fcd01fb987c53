// SPDX-License-Identifier: MIT
#include "log.hpp"

#include <cstdio>

namespace lavandin::coopd {

namespace {

Level most = Level::info;

} // namespace

void log_up_to(Level level) { most = level; }

bool logged(Level level) { return level <= most; }

void write_log(Level level, std::string_view line) {
    fmt::print(stderr, "<{}>coopd: {}\n", static_cast<int>(level), line);
}

} // namespace lavandin::coopd
