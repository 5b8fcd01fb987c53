// SPDX-License-Identifier: MIT
// What cooperation costs: bench-coop latency ROUNDS | load THOUSANDTHS.
#include "coop.hpp"

#include <lavandin/clock.hpp>

#include <stdio.h>
#include <stdlib.h>
#include <string_view>

using namespace lavandin;

namespace {

constexpr int wrong_usage = 2;
constexpr unsigned whole = 1000;

int usage() {
    printf("usage: bench-coop latency ROUNDS | load THOUSANDTHS\n"
           "\n"
           "  latency  from asking for a second processor to a thread on it, up to %u times\n"
           "  load     computes for so much of the time, for ever\n",
           bench::most_rounds);
    return wrong_usage;
}

} // namespace

namespace bench {

void load(unsigned thousandths) {
    constexpr uint64_t period = 10 * millisecond;
    for (uint64_t next = now();; next += period) {
        uint64_t const end = now() + period * thousandths / whole;
        while (now() < end) {
        }
        static_cast<void>(thread_sleep(next + period));
    }
}

} // namespace bench

int main(int count, char** arguments) {
    if (count != 3)
        return usage();
    std::string_view const what = arguments[1];
    bool const latency = what == "latency";
    char* end = nullptr;
    unsigned long const number = strtoul(arguments[2], &end, 10);
    if (*end != '\0' || number == 0 || number > (latency ? bench::most_rounds : whole))
        return usage();
    if (what == "load") {
        printf("loaded\n");
        fflush(stdout);
        bench::load(static_cast<unsigned>(number));
    }
    if (!latency)
        return usage();
    auto const done = bench::measure_latency(static_cast<unsigned>(number));
    if (!done.ok())
        printf("bench-coop: failed with error %u\n", static_cast<unsigned>(done.error()));
    return done.ok() ? 0 : 1;
}
