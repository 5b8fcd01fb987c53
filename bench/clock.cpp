// SPDX-License-Identifier: MIT
// Reading the clock, and how much later than asked for a sleep ends.
#include "measure.hpp"
#include "operations.hpp"

#include <lavandin/clock.hpp>

using namespace lavandin;

namespace bench {

namespace {

constexpr unsigned sleeps = 100;

// From the time that was asked for to when the program runs again. The same program does nothing
// else, so that what is seen is the timer, the wake-up and the way back.
void measure_sleep(char const* name, uint64_t length) {
    static uint64_t late[sleeps];
    for (auto& each : late) {
        uint64_t const deadline = after(length);
        static_cast<void>(thread_sleep(deadline));
        each = now() - deadline;
    }
    print_figure(name, "ns", late, sleeps);
}

} // namespace

Result<void> measure_clock() {
    Measurement{"read the clock by system call", 16}.run([] { (void)clock_read(); });
    Measurement{"read the clock by its page", 16}.run([] { (void)now(); });
    measure_sleep("sleep of 100 us, overshoot", 100 * microsecond);
    measure_sleep("sleep of 1 ms, overshoot", millisecond);
    measure_sleep("sleep of 20 ms, overshoot", 20 * millisecond);
    return {};
}

} // namespace bench
