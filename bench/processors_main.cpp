// SPDX-License-Identifier: MIT
// Costs that need several processors:
// bench-smp transitions | overcommit PROCESSORS [ROUNDS] | pairs.
#include "processors.hpp"

#include <stdio.h>
#include <stdlib.h>
#include <string_view>

using lavandin::Process;

namespace {

constexpr int wrong_usage = 2;

int usage() {
    printf("usage: bench-smp transitions | overcommit PROCESSORS [ROUNDS] | pairs\n");
    return wrong_usage;
}

int finish(lavandin::Result<void> const& done) {
    if (!done.ok())
        printf("bench-smp: failed with error %u\n", static_cast<unsigned>(done.error()));
    fflush(stdout);
    return Process::self().destroy(done.ok() ? 0 : 1).ok() ? 0 : 1; // threads of ours wait for ever
}

// From 1 to `most`; else 0.
unsigned long number(char const* text, unsigned long most) {
    char* end = nullptr;
    unsigned long const found = strtoul(text, &end, 10);
    return *end == '\0' && found <= most ? found : 0;
}

} // namespace

int main(int count, char** arguments) {
    std::string_view const what = count >= 2 ? arguments[1] : "";
    if (count == 2 && what == "transitions")
        return finish(bench::measure_transitions());
    if (count == 2 && what == "pairs")
        return finish(bench::measure_pairs());
    if (count < 3 || count > 4 || what != "overcommit")
        return usage();
    unsigned long const processors = number(arguments[2], 64);
    unsigned long const rounds = count == 4 ? number(arguments[3], bench::most_rounds) : 3;
    if (processors == 0 || rounds == 0)
        return usage();
    return finish(bench::measure_overcommit(processors, static_cast<unsigned>(rounds)));
}
