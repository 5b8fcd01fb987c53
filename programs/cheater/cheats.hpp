// SPDX-License-Identifier: MIT
// Ways to cheat. Each is called again and again, as soon as it returns, once there was a session;
// false: it is done.
#pragma once

#include "manager.hpp"

#include <span>
#include <string_view>

namespace cheater {

struct Cheat {
    std::string_view name;
    char const* about;
    bool (*step)(Manager& manager);
};

std::span<Cheat const> cheats();

} // namespace cheater
