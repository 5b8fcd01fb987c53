// SPDX-License-Identifier: MIT
// When a server that has ended is started again: at once the first time, then after pauses that
// double, and not at all when it keeps failing. A server that has run for a while begins anew, and
// one that somebody ended on purpose has not failed. One that cannot be started because others have
// the memory that it needs is tried again for ever: they may give it back.
#pragma once

#include <stdint.h>

namespace lavandin::init {

class Restart_policy {
public:
    static constexpr uint64_t never = UINT64_MAX;
    static constexpr unsigned maximum_failures = 5;    // in a row; after the next it is given up
    static constexpr uint64_t steady = 10'000'000'000; // nanoseconds after which it counts as sound
    static constexpr uint64_t first_pause = 50'000'000; // nanoseconds, after the second failure
    static constexpr unsigned most_doublings = 4;       // of pauses for lack of memory

    // All times in nanoseconds of the clock.
    void started(uint64_t now) {
        _started = now;
        _shortages = 0;
    }

    // It could not be started now for lack of memory. Answers when it is to be tried again.
    uint64_t lacked_memory(uint64_t now) {
        unsigned const doublings = _shortages < most_doublings ? _shortages : most_doublings;
        ++_shortages;
        return now + (first_pause << doublings);
    }
    // How often in a row.
    unsigned shortages() const { return _shortages; }

    // Answers when it is to be started again.
    uint64_t ended(uint64_t now, bool on_purpose) {
        if (on_purpose)
            return now;
        if (now - _started >= steady)
            _failures = 0;
        if (++_failures > maximum_failures)
            return never;
        return _failures == 1 ? now : now + (first_pause << (_failures - 2));
    }

    unsigned failures() const { return _failures; }

private:
    uint64_t _started{0};
    unsigned _failures{0};
    unsigned _shortages{0};
};

} // namespace lavandin::init
