// SPDX-License-Identifier: MIT
// What the suite's command line may say beside the tests to run: NAME=NUMBER.
#pragma once

#include <stdint.h>
#include <string_view>

namespace conformance {

struct Options {
    uint64_t seed{1};        // of all that is done at random
    uint64_t calls{100'000}; // system calls at random, at least
    uint64_t part{0};        // of what is done at random, only this one; 0: all

    // So many that each call should have succeeded and failed among them.
    bool enough() const { return calls >= 100'000; }

    // False when `word` is no option.
    bool read(std::string_view word);
};

} // namespace conformance
