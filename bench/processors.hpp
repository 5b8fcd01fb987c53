// SPDX-License-Identifier: MIT
// What is measured on several processors, a boot for each.
#pragma once

#include "measure.hpp"

#include <lavandin/abi/processor.hpp>
#include <lavandin/objects.hpp>

namespace bench {

// Two virtual processors, of which the second has not been started.
lavandin::Result<void> measure_transitions();
// Any number.
lavandin::Result<void> measure_overcommit();

} // namespace bench
