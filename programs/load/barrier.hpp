// SPDX-License-Identifier: MIT
// A barrier whose threads spin for a while, then block. It can be closed, so that nobody waits for
// those who have left.
#pragma once

#include "spin.hpp"

#include <lavandin/condition.hpp>
#include <lavandin/mutex.hpp>

#include <atomic>
#include <stdint.h>

namespace load {

class Barrier {
public:
    enum class Outcome { first_to_go, passed, closed };

    void initialise(uint64_t threads) { _threads = threads; }

    // Waits until all threads are here: spinning at first, blocked after that, which
    // `blocking(true)` and `(false)` tell. `window`: the number of closings that the caller knows
    // of. One of those who pass is told so. What was spun for is added to `spun`.
    template <typename Blocking>
    Outcome arrive(uint64_t window, Spin spin, std::atomic<uint64_t>& spun, Blocking blocking) {
        uint64_t round = 0;
        switch (enter(window, round)) {
        case Outcome::closed:
            return Outcome::closed;
        case Outcome::first_to_go:
            return Outcome::first_to_go;
        case Outcome::passed:
            break;
        }
        if (!spin_until(round, spin, spun)) {
            blocking(true);
            block(round);
            blocking(false);
        }
        return window_of(_state.load()) == (window & window_mask) ? Outcome::passed
                                                                  : Outcome::closed;
    }

    // For all whose window this is; they leave.
    void close(uint64_t window);

private:
    // closings, rounds and who has arrived, so that all change at once
    //   63      48 47      16 15      0
    //   | window  |  round   | arrived |
    static constexpr unsigned round_shift = 16;
    static constexpr unsigned window_shift = 48;
    static constexpr uint64_t window_mask = 0xffff;

    static uint64_t window_of(uint64_t state) { return state >> window_shift; }
    static uint64_t round_of(uint64_t state) { return state >> round_shift; } // and window
    static uint64_t next_round(uint64_t state);

    Outcome enter(uint64_t window, uint64_t& round);
    bool spin_until(uint64_t round, Spin spin, std::atomic<uint64_t>& spun) const;
    void block(uint64_t round);
    void wake();

    uint64_t _threads{1};
    std::atomic<uint64_t> _state{0};
    std::atomic<uint64_t> _blocked{0};
    lavandin::Mutex _mutex;
    lavandin::Condition _changed;
};

} // namespace load
