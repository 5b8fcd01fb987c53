// SPDX-License-Identifier: MIT
// The end of the machine. The console may still hold text, but init waits for no server: a thread
// of its own asks the console, and another one ends the machine when that takes too long.
#pragma once

#include <lavandin/objects.hpp>
#include <lavandin/thread.hpp>

namespace lavandin::init {

class Machine_end {
public:
    // How long the console may take.
    static constexpr uint64_t patience = 3'000'000'000; // nanoseconds

    // The first call counts. `console` may be 0.
    void begin(Capability_index system, Capability_index console, Shutdown way);

private:
    void end();
    void flush_and_end();
    void wait_and_end();

    Capability_index _system{0};
    Capability_index _console{0};
    Shutdown _way{};
    bool _begun{false};
    Thread _flusher;
    Thread _watchdog;
};

} // namespace lavandin::init
