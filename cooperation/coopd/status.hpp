// SPDX-License-Identifier: MIT
// What coopd knows, as JSON; docs/coopd.md describes it.
#pragma once

#include "daemon.hpp"

#include <nlohmann/json.hpp>

namespace lavandin::coopd {

nlohmann::json status(Daemon const& daemon);

} // namespace lavandin::coopd
