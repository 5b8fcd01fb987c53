// SPDX-License-Identifier: MIT
// What is measured, by topic. Each prints its lines as it goes.
#pragma once

#include "partner.hpp"

namespace bench {

using lavandin::Memory;
using lavandin::Result;

Result<void> measure_calls();
Result<void> measure_clock();
Result<void> measure_messages(Memory const& partner_code);
Result<void> measure_capabilities();
Result<void> measure_memory(Memory const& partner_code);
Result<void> measure_processes(Memory const& partner_code);
Result<void> measure_long_operations(Memory const& partner_code);

} // namespace bench
