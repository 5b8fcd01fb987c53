// SPDX-License-Identifier: MIT
// What cooperation costs; in a domU beside coopd.
#pragma once

#include <lavandin/objects.hpp>

namespace bench {

constexpr unsigned most_rounds = 500;

// A processor asked for, given up and asked for again, so many times (at most most_rounds). Errors:
// timed_out (no session, or no processor), refused (what is asked for), and those of the resource
// manager.
lavandin::Result<void> measure_latency(unsigned rounds);

// Computes for so many thousandths of the time, in bursts of every 10 ms, for ever.
[[noreturn]] void load(unsigned thousandths);

} // namespace bench
