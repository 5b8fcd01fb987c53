// SPDX-License-Identifier: MIT
// When to acknowledge an interrupt, so that somebody who raises it without end takes no more than a
// share of the processor: so many are let through in each window of time, the next one waits for
// the window's end. Until it is acknowledged the kernel delivers no other.
#pragma once

#include <stdint.h>

namespace lavandin {

class Interrupt_pace {
public:
    static constexpr uint64_t window = 10'000'000; // nanoseconds
    static constexpr unsigned in_window = 64;

    // An interrupt has come. Answers from when on the next may: `now`, or later.
    uint64_t next(uint64_t now) {
        if (now - _begin >= window) {
            _begin = now;
            _count = 0;
        }
        return ++_count < in_window ? now : _begin + window;
    }

private:
    uint64_t _begin{0};
    unsigned _count{0};
};

} // namespace lavandin
