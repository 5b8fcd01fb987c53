// SPDX-License-Identifier: MIT
// Time. All of it is nanoseconds, as the kernel has it. Read without a system call, out of the
// clock page (abi/clock_page.hpp), which a process maps when it asks for the first time.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/system_calls.hpp>

namespace lavandin {

inline constexpr uint64_t microsecond = 1'000;
inline constexpr uint64_t millisecond = 1'000'000;
inline constexpr uint64_t second = 1'000'000'000;

// The clock that deadlines are given in, the same as clock_read()'s. It starts at 0 at kernel entry
// and never runs backwards, on whatever processors the threads of a process read it.
uint64_t now();

// Nanoseconds since 1970. Follows a change of the platform's time of day within a second.
uint64_t wall_clock();

// The deadline `nanoseconds` from now.
inline uint64_t after(uint64_t nanoseconds) {
    uint64_t const begin = now();
    return nanoseconds < forever - begin ? begin + nanoseconds : forever;
}

inline void sleep_for(uint64_t nanoseconds) { static_cast<void>(thread_sleep(after(nanoseconds))); }

// Where the clock page is to be mapped at the next reading; 0 for nowhere: the clock is read by
// system call then. For the start of a process.
void initialise_clock(uint64_t address);

} // namespace lavandin
