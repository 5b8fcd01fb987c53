// SPDX-License-Identifier: MIT
// Which pairs of system call and answer (system_call_pairs.hpp) the tests saw, a bit for each.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace conformance {

enum class Seen { here, elsewhere, nowhere };

// `elsewhere`: said to be tested on another machine.
constexpr Seen seen(size_t pair, uint64_t const* tested, uint64_t const* elsewhere) {
    uint64_t const bit = uint64_t{1} << pair % 64;
    if ((tested[pair / 64] & bit) != 0)
        return Seen::here;
    return (elsewhere[pair / 64] & bit) != 0 ? Seen::elsewhere : Seen::nowhere;
}

// In the report: notes each pair that was seen nowhere, and fails if there is one.
void judge_pairs(uint64_t const* tested, uint64_t const* elsewhere);

// Prints those that are tested on other machines only.
void print_pairs_elsewhere(uint64_t const* tested, uint64_t const* elsewhere);

} // namespace conformance
