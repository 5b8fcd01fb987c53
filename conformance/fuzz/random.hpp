// SPDX-License-Identifier: MIT
// Numbers that a seed determines, the same on every machine: SplitMix64 (Steele, Lea, Flood: "Fast
// splittable pseudorandom number generators", 2014).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace fuzz {

class Random {
public:
    constexpr explicit Random(uint64_t seed) : _state{seed} {}

    constexpr uint64_t next() {
        _state += 0x9e37'79b9'7f4a'7c15;
        uint64_t mixed = _state;
        mixed = (mixed ^ mixed >> 30) * 0xbf58'476d'1ce4'e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d0'49bb'1331'11eb;
        return mixed ^ mixed >> 31;
    }
    constexpr uint64_t below(uint64_t limit) { return next() % limit; }
    constexpr bool one_in(uint64_t count) { return below(count) == 0; }

    template <typename T, size_t count>
    constexpr T any_of(T const (&values)[count]) {
        return values[below(count)];
    }

private:
    uint64_t _state;
};

} // namespace fuzz
