// SPDX-License-Identifier: MIT
// Time as the platform gives it, and the one timer of this processor.
#pragma once

#include <kernel/types.hpp>

namespace arch {

// The clock starts at 0 now. Once, at start of day.
void start_clock();

// Nanoseconds since start_clock; never runs backwards, all processors together.
kernel::Time now();

// The platform's clock shows so much more than now().
kernel::Time platform_origin();

// The frame of the Clock_page (lavandin/abi/clock_page.hpp), for all to read.
kernel::Pfn clock_page();

// Nanoseconds to add to now() for time since 1970.
kernel::Time wall_offset();

// An interrupt no later than `deadline`, and possibly one too early; `never` asks for none.
void program_timer(kernel::Time deadline);

} // namespace arch
