// SPDX-License-Identifier: MIT
// Interrupt lines: sources of events outside this machine. A line is masked when it is delivered
// (kernel::interrupt_arrived) and stays so until it is unmasked.
#pragma once

#include <arch/grants.hpp>
#include <kernel/result.hpp>
#include <stdint.h>

namespace arch {

using Line = uint32_t;

inline constexpr Line no_line = 0;

// Events that have come since the kernel was entered, which is never interrupted: its preemption
// points see to them so. Leads to kernel::interrupt_arrived and timer_arrived.
void deliver_events();

void unmask(Line line); // one that came while masked is delivered at once
void mask(Line line);
// From now on it comes to that processor; what is pending is not lost.
void route(Line line, uint32_t processor);
// Tells the other side. Error: not_supported (it has none).
kernel::Result<void> raise(Line line);

// A masked line to another machine, which may connect to it by this number, once at a time. Errors:
// table_full (the platform has no free one), not_supported.
kernel::Result<Line> open_channel(Machine_number machine);
// Nobody hears of it any more, and its number may be another's.
void close_channel(Line line);

} // namespace arch
