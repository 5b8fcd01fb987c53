// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <lavandin/accounts.hpp>
#include <lavandin/clock.hpp>
#include <lavandin/counter.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/resource_manager_client.hpp>
#include <stdio.h>

using namespace lavandin;

namespace load {

namespace {

constexpr unsigned buckets_a_line = 12;

unsigned long long number(uint64_t value) { return value; }

void print_histogram(char const* word, unsigned group, Histogram const& histogram) {
    unsigned printed = 0;
    for (unsigned bucket = 0; bucket < Histogram::buckets; ++bucket) {
        if (histogram.count(bucket) == 0)
            continue;
        if (printed % buckets_a_line == 0)
            printf("%sLOAD %s %u", printed == 0 ? "" : "\n", word, group);
        printf(" %u:%lu", bucket, static_cast<unsigned long>(histogram.count(bucket)));
        ++printed;
    }
    if (printed != 0)
        printf("\n");
}

// How much more than our clock the platform's shows; 0 where nobody says.
uint64_t platform_offset() {
    auto const processor = processor_open(environment().capability("system"), 0);
    if (!processor.ok())
        return 0;
    Capability const held{processor.value()};
    auto const watch = Processor_watch::open(held.index());
    return watch.ok() ? watch.value().platform_offset() : 0;
}

} // namespace

void print_cooperation() {
    auto const found = Resource_manager_client{}.cooperation();
    if (!found.ok())
        return;
    auto const& state = found.value();
    printf("LOAD cooperation requests:%llu releases:%llu offers:%llu offers_refused:%llu "
           "reclaims:%llu reclaims_refused:%llu\n",
           number(state.requests), number(state.releases), number(state.offers_taken),
           number(state.offers_refused), number(state.reclaims_followed),
           number(state.reclaims_refused));
}

void print_moment(char const* word) {
    uint64_t const offset = platform_offset();
    uint64_t const clock = now();
    uint64_t const counter = read_counter();
    printf("LOAD %s %llu %llu %llu\n", word, number(clock), number(clock + offset),
           number(counter));
}

void Report::sample(std::span<Group const> groups, uint64_t begin) {
    if (_count == most_samples)
        return;
    Sample& sample = _samples[_count++];
    sample = {.time = now() - begin, .wanted = 0, .done = {}};
    for (size_t i = 0; i < groups.size(); ++i) {
        sample.wanted += groups[i].wanted();
        sample.done[i] = groups[i].done();
    }
}

void Report::print(std::span<Group const> groups) const {
    for (unsigned i = 0; i < _count; ++i) {
        printf("LOAD sample %llu %llu", number(_samples[i].time), number(_samples[i].wanted));
        for (size_t group = 0; group < groups.size(); ++group)
            printf(" %llu", number(_samples[i].done[group]));
        printf("\n");
    }
    for (unsigned i = 0; i < groups.size(); ++i) {
        Group const& group = groups[i];
        printf("LOAD group %s %llu %llu\n", name_of(group.plan().kind), number(group.done()),
               number(group.spun()));
        print_histogram("wake", i, group.wakes());
        print_histogram("response", i, group.responses());
    }
}

} // namespace load
