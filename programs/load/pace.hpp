// SPDX-License-Identifier: MIT
// Processor time as loops: time that Xen or other threads took does not count as work.
#pragma once

#include <stdint.h>

namespace load {

// Loops of a thousand microseconds of a processor that nobody else uses.
uint64_t calibrate();

class Pace {
public:
    constexpr Pace() = default;
    explicit Pace(uint64_t loops) : _loops{loops} {}

    // Uses so many nanoseconds of the processor.
    void work(uint64_t time) const;

private:
    uint64_t _loops{0};
};

// xorshift64 (Marsaglia, 2003).
class Random {
public:
    explicit Random(uint64_t seed) : _state{seed * 2 + 1} {}
    // `time` plus or minus at most so many percent of it.
    uint64_t vary(uint64_t time, uint64_t percent);

private:
    uint64_t _state;
};

} // namespace load
