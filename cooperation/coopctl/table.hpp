// SPDX-License-Identifier: MIT
// coopd's status as a table for people.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace lavandin::coopctl {

// Text that somebody else chose, as it may be shown in a terminal: printable ASCII, of bounded
// length.
std::string sanitised(std::string_view text, size_t most = 24);

std::string table(nlohmann::json const& status);

} // namespace lavandin::coopctl
