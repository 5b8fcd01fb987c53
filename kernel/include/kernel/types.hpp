// SPDX-License-Identifier: MIT
// Distinct types for distinct things, so that they cannot be mixed.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace kernel {

// Page frame number: names a frame of our memory. Objects hold these; what the platform calls the
// frame stays inside arch/.
struct Pfn {
    uint64_t value;

    friend constexpr bool operator==(Pfn, Pfn) = default;
    friend constexpr bool operator<(Pfn a, Pfn b) { return a.value < b.value; }
};

inline constexpr Pfn no_frame{~uint64_t{0}};

// An address in a process.
struct User_address {
    uint64_t value;

    friend constexpr bool operator==(User_address, User_address) = default;
};

// Nanoseconds of the platform's clock, and a span of them.
using Time = uint64_t;

inline constexpr Time never = ~Time{0};

inline constexpr uint64_t page_size = 4096;
inline constexpr uint64_t page_shift = 12;

constexpr bool page_aligned(uint64_t value) { return value % page_size == 0; }
constexpr uint64_t pages(uint64_t bytes) { return (bytes + page_size - 1) / page_size; }

} // namespace kernel
