// SPDX-License-Identifier: MIT
// Computes for some seconds of its processor's time and shows how far it came, and what came in
// between. Stolen time does not count: the figures are comparable however much others run.
#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>

using namespace lavandin;

namespace {

constexpr unsigned round_steps = 10'000;

// A round of work that no compiler takes out.
uint64_t work(uint64_t value) {
    for (unsigned i = 0; i < round_steps; ++i) {
        value = value * 6364136223846793005 + 1442695040888963407; // Knuth's MMIX generator
        asm volatile("" : "+r"(value));
    }
    return value;
}

unsigned long long number(uint64_t value) { return value; }

} // namespace

int main(int count, char** arguments) {
    uint64_t seconds = 0;
    if (count != 2 || !read_number(arguments[1], 1000, seconds))
        return usage("work SECONDS");
    auto const system = System::borrow(environment().capability("system"));
    auto const before = system.information();
    if (!before.ok())
        return failed("work", "system", before.error());
    uint64_t rounds = 0;
    uint64_t value = 1;
    uint64_t const begin = now();
    for (; now() < begin + seconds * second; ++rounds)
        value = work(value);
    uint64_t const took = now() - begin;
    auto const after_it = system.information();
    if (!after_it.ok())
        return failed("work", "system", after_it.error());
    auto const& from = before.value();
    auto const& to = after_it.value();
    printf("rounds %llu\n", number(rounds));
    printf("took %llu us\n", number(took / 1000));
    printf("running %llu us\n", number((to.running_time - from.running_time) / 1000));
    printf("stolen %llu us\n", number((to.stolen_time - from.stolen_time) / 1000));
    printf("events %llu\n", number(to.events - from.events));
    printf("hypercalls %llu\n", number(to.platform_calls - from.platform_calls));
    printf("switches %llu\n", number(to.thread_switches - from.thread_switches));
    return value == 0; // never
}
