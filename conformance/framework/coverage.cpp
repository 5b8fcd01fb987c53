// SPDX-License-Identifier: MIT
#include "coverage.hpp"
#include "report.hpp"

#include <lavandin/system_call_pairs.hpp>

#include <iterator>
#include <stdio.h>

namespace conformance {

using lavandin::system_call_pairs;

void judge_pairs(uint64_t const* tested, uint64_t const* elsewhere) {
    for (size_t i = 0; i < std::size(system_call_pairs); ++i) {
        if (seen(i, tested, elsewhere) != Seen::nowhere)
            continue;
        note("no test saw %s/%s", system_call_pairs[i].call_name, system_call_pairs[i].error_name);
        fail();
    }
}

void print_pairs_elsewhere(uint64_t const* tested, uint64_t const* elsewhere) {
    printf("# pairs tested only on other machines:");
    for (size_t i = 0; i < std::size(system_call_pairs); ++i)
        if (seen(i, tested, elsewhere) == Seen::elsewhere)
            printf(" %s/%s", system_call_pairs[i].call_name, system_call_pairs[i].error_name);
    putchar('\n');
}

} // namespace conformance
