// SPDX-License-Identifier: MIT
// Random numbers that are the same everywhere for a seed (SplitMix64; Steele, Lea, Flood 2014).
// The standard's distributions differ between libraries.
#pragma once

#include <cstdint>

namespace lavandin::simulator {

class Random {
public:
    explicit Random(uint64_t seed) : _state{seed} {}

    uint64_t next() {
        uint64_t value = _state += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

    // Between value - percent and value + percent, evenly.
    uint64_t around(uint64_t value, uint64_t percent) {
        uint64_t const spread = value * percent / 100;
        return value - spread + below(2 * spread + 1);
    }

private:
    uint64_t _state;
};

} // namespace lavandin::simulator
