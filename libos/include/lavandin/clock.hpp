// SPDX-License-Identifier: MIT
// Time. All of it is nanoseconds, as the kernel has it.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/system_calls.hpp>

namespace lavandin {

inline constexpr uint64_t microsecond = 1'000;
inline constexpr uint64_t millisecond = 1'000'000;
inline constexpr uint64_t second = 1'000'000'000;

// The clock that deadlines are given in. It never runs backwards.
inline uint64_t now() {
    auto const clock = clock_read();
    return clock.ok() ? clock.value().now : 0;
}

// Nanoseconds since 1970.
inline uint64_t wall_clock() {
    auto const clock = clock_read();
    return clock.ok() ? clock.value().now + clock.value().wall_offset : 0;
}

// The deadline `nanoseconds` from now.
inline uint64_t after(uint64_t nanoseconds) {
    uint64_t const begin = now();
    return nanoseconds < forever - begin ? begin + nanoseconds : forever;
}

inline void sleep_for(uint64_t nanoseconds) { static_cast<void>(thread_sleep(after(nanoseconds))); }

} // namespace lavandin
