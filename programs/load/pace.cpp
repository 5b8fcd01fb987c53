// SPDX-License-Identifier: MIT
#include "pace.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>

namespace load {

namespace {

constexpr uint64_t trial = 20'000; // loops
constexpr unsigned trials = 501;
uint64_t times[trials];

void loop(uint64_t count) {
    uint64_t value = count;
    for (uint64_t i = 0; i < count; ++i) {
        value = value * 6364136223846793005 + 1442695040888963407; // Knuth's MMIX generator
        asm volatile("" : "+r"(value));
    }
}

} // namespace

uint64_t calibrate() {
    for (uint64_t& time : times) {
        uint64_t const begin = lavandin::now();
        loop(trial);
        time = lavandin::now() - begin;
    }
    std::nth_element(times, times + trials / 2, times + trials);
    return trial * lavandin::millisecond / std::max<uint64_t>(times[trials / 2], 1);
}

// In whole microseconds, so that hours of fast loops do not overflow.
void Pace::work(uint64_t time) const { loop(time / lavandin::microsecond * _loops / 1000); }

uint64_t Random::vary(uint64_t time, uint64_t percent) {
    _state ^= _state << 13;
    _state ^= _state >> 7;
    _state ^= _state << 17;
    uint64_t const width = time * percent / 100;
    return time - width + (width != 0 ? _state % (2 * width + 1) : 0);
}

} // namespace load
