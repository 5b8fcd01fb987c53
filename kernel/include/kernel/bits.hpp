// SPDX-License-Identifier: MIT
// A field of bits inside a word.
#pragma once

#include <stdint.h>

namespace kernel {

template <unsigned shift, unsigned width>
struct Bits {
    static_assert(width > 0 && shift + width <= 64);
    static constexpr uint64_t mask = (width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1)
                                     << shift;

    static constexpr uint64_t get(uint64_t word) { return (word & mask) >> shift; }
    static constexpr uint64_t place(uint64_t value) { return value << shift & mask; }
    static constexpr uint64_t set(uint64_t word, uint64_t value) {
        return (word & ~mask) | place(value);
    }
};

} // namespace kernel
