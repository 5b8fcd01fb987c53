// SPDX-License-Identifier: MIT
// What is measured on several processors, a boot for each.
#pragma once

#include "measure.hpp"

#include <lavandin/abi/processor.hpp>
#include <lavandin/objects.hpp>

namespace bench {

// Until the system has started so many processors, which it does beside its first program.
// Errors: timed_out.
lavandin::Result<void> wait_for_processors(uint64_t count);

// Two virtual processors, of which the second has not been started.
lavandin::Result<void> measure_transitions();
// On so many, so often (1 to most_rounds).
inline constexpr unsigned most_rounds = 9;
lavandin::Result<void> measure_overcommit(uint64_t processors, unsigned rounds);

// Two or more, in real time.
lavandin::Result<void> measure_pairs();

} // namespace bench
