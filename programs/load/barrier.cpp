// SPDX-License-Identifier: MIT
#include "barrier.hpp"

#include <lavandin/clock.hpp>

namespace load {

uint64_t Barrier::next_round(uint64_t state) {
    uint64_t const window = window_of(state) << window_shift;
    return window |
           ((((state >> round_shift) + 1) << round_shift) & ~(window_mask << window_shift));
}

// `passed`: the caller is to wait for the end of `round`.
Barrier::Outcome Barrier::enter(uint64_t window, uint64_t& round) {
    uint64_t state = _state.load();
    while (true) {
        if (window_of(state) != (window & window_mask))
            return Outcome::closed;
        bool const last = (state & ((1u << round_shift) - 1)) + 1 == _threads;
        if (!_state.compare_exchange_weak(state, last ? next_round(state) : state + 1))
            continue;
        round = round_of(state);
        if (!last)
            return Outcome::passed;
        wake();
        return Outcome::first_to_go;
    }
}

// Whether the round ended in that time.
bool Barrier::spin_until(uint64_t round, Spin spin, std::atomic<uint64_t>& spun) const {
    if (!spin.goes_on(0))
        return round_of(_state.load()) != round;
    uint64_t const begin = lavandin::now();
    uint64_t passed = 0;
    while (round_of(_state.load(std::memory_order_acquire)) == round && spin.goes_on(passed)) {
        for (unsigned i = 0; i < 16; ++i)
            asm volatile("pause");
        passed = lavandin::now() - begin;
    }
    spun.fetch_add(passed, std::memory_order_relaxed);
    return round_of(_state.load()) != round;
}

// Who changes the state looks at _blocked afterwards, and this the other way round: one sees the
// other.
void Barrier::block(uint64_t round) {
    lavandin::Lock const lock{_mutex};
    _blocked.fetch_add(1);
    while (round_of(_state.load()) == round)
        static_cast<void>(_changed.wait(_mutex));
    _blocked.fetch_sub(1);
}

void Barrier::wake() {
    if (_blocked.load() == 0)
        return;
    lavandin::Lock const lock{_mutex};
    _changed.notify_all();
}

void Barrier::close(uint64_t window) {
    uint64_t state = _state.load();
    while (window_of(state) == (window & window_mask)) {
        uint64_t const closed = ((window + 1) & window_mask) << window_shift;
        if (_state.compare_exchange_weak(state, closed))
            return wake();
    }
}

} // namespace load
