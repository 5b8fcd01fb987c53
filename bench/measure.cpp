// SPDX-License-Identifier: MIT
#include "measure.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>

#include <stdio.h>
#include <stdlib.h>

namespace bench {

namespace {

int compare(void const* a, void const* b) {
    uint64_t const left = *static_cast<uint64_t const*>(a);
    uint64_t const right = *static_cast<uint64_t const*>(b);
    return left < right ? -1 : left > right;
}

} // namespace

Measurement::Counters Measurement::counters() {
    auto const system = lavandin::System::borrow(lavandin::environment().capability("system"));
    auto const information = system.information();
    if (!information.ok())
        return {};
    return {information.value().kernel_entries, information.value().platform_calls,
            information.value().table_switches};
}

void Measurement::begin() { _before = counters(); }

// Asking for the counters is an entry and a return by hypercall itself; it is taken off.
void Measurement::finish() {
    Counters const after = counters();
    double const operations = static_cast<double>(_count) * _repeat;
    qsort(_samples, _count, sizeof *_samples, compare);
    printf("BENCH {\"name\": \"%s\", \"unit\": \"ticks\", \"iterations\": %u, \"min\": %llu, "
           "\"median\": %llu, \"max\": %llu, \"counted\": true, \"entries\": %.2f, "
           "\"hypercalls\": %.2f, \"table_switches\": %.2f}\n",
           _name, _count * _repeat, static_cast<unsigned long long>(_samples[0]),
           static_cast<unsigned long long>(_samples[_count / 2]),
           static_cast<unsigned long long>(_samples[_count - 1]),
           static_cast<double>(after.entries - _before.entries - 1) / operations,
           static_cast<double>(after.hypercalls - _before.hypercalls - 1) / operations,
           static_cast<double>(after.table_switches - _before.table_switches) / operations);
}

void print_figure(char const* name, char const* unit, uint64_t* samples, unsigned count) {
    qsort(samples, count, sizeof *samples, compare);
    printf("BENCH {\"name\": \"%s\", \"unit\": \"%s\", \"iterations\": %u, \"min\": %llu, "
           "\"median\": %llu, \"p99\": %llu, \"max\": %llu}\n",
           name, unit, count, static_cast<unsigned long long>(samples[0]),
           static_cast<unsigned long long>(samples[count / 2]),
           static_cast<unsigned long long>(samples[count * 99 / 100]),
           static_cast<unsigned long long>(samples[count - 1]));
}

} // namespace bench
