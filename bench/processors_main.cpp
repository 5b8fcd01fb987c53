// SPDX-License-Identifier: MIT
// Costs that need several processors: bench-smp transitions | overcommit PROCESSORS | pairs.
#include "processors.hpp"

#include <stdio.h>
#include <stdlib.h>
#include <string_view>

using lavandin::Process;

namespace {

constexpr int wrong_usage = 2;

int usage() {
    printf("usage: bench-smp transitions | overcommit PROCESSORS | pairs\n");
    return wrong_usage;
}

int finish(lavandin::Result<void> const& done) {
    if (!done.ok())
        printf("bench-smp: failed with error %u\n", static_cast<unsigned>(done.error()));
    fflush(stdout);
    return Process::self().destroy(done.ok() ? 0 : 1).ok() ? 0 : 1; // threads of ours wait for ever
}

} // namespace

int main(int count, char** arguments) {
    std::string_view const what = count >= 2 ? arguments[1] : "";
    if (count == 2 && what == "transitions")
        return finish(bench::measure_transitions());
    if (count == 2 && what == "pairs")
        return finish(bench::measure_pairs());
    if (count != 3 || what != "overcommit")
        return usage();
    char* end = nullptr;
    unsigned long const processors = strtoul(arguments[2], &end, 10);
    if (*end != '\0' || processors < 1 || processors > 64)
        return usage();
    return finish(bench::measure_overcommit(processors));
}
