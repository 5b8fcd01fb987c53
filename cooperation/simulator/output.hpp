// SPDX-License-Identifier: MIT
// Results as JSON, CSV and a table. README.md describes the fields.
#pragma once

#include "machine.hpp"

#include <iosfwd>

namespace lavandin::simulator {

void write_json(std::ostream& out, std::vector<Result> const& results);
void write_csv(std::ostream& out, std::vector<Result> const& results); // the timelines
void write_table(std::ostream& out, std::vector<Result> const& results);

} // namespace lavandin::simulator
