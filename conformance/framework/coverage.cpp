// SPDX-License-Identifier: MIT
#include "suite.hpp"

#include <lavandin/system_call_pairs.hpp>

#include <stdio.h>

namespace conformance {

namespace {

size_t print_pairs(char const* title, uint64_t const* bits, uint64_t const* others, bool wanted) {
    size_t count = 0;
    printf("# %s:", title);
    for (size_t i = 0; i < std::size(system_call_pairs); ++i) {
        bool const here = (bits[i / 64] >> i % 64 & 1) != 0;
        bool const there = (others[i / 64] >> i % 64 & 1) != 0;
        if (here || there != wanted)
            continue;
        printf(" %s/%s", system_call_pairs[i].call_name, system_call_pairs[i].error_name);
        ++count;
    }
    printf(count == 0 ? " none\n" : "\n");
    return count;
}

} // namespace

size_t print_untested(uint64_t const* tested, uint64_t const* elsewhere) {
    print_pairs("pairs tested only on other machines", tested, elsewhere, true);
    return print_pairs("pairs without a test", tested, elsewhere, false);
}

} // namespace conformance
