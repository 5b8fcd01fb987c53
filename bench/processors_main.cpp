// SPDX-License-Identifier: MIT
// Costs that need several processors: bench-smp transitions | overcommit.
#include "processors.hpp"

#include <stdio.h>
#include <string_view>

using lavandin::Process;

int main(int count, char** arguments) {
    std::string_view const what = count == 2 ? arguments[1] : "";
    if (what != "transitions" && what != "overcommit") {
        printf("usage: bench-smp transitions | overcommit\n");
        return 2;
    }
    auto const done =
        what == "transitions" ? bench::measure_transitions() : bench::measure_overcommit();
    if (!done.ok())
        printf("bench-smp: failed with error %u\n", static_cast<unsigned>(done.error()));
    fflush(stdout);
    return Process::self().destroy(done.ok() ? 0 : 1).ok() ? 0 : 1; // threads of ours wait for ever
}
