// SPDX-License-Identifier: MIT
// Makes load as its arguments say, and tells at the end what became of it (README.md).
#include "report.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>
#include <lavandin/resource_manager_client.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>

using namespace lavandin;

namespace {

constexpr char usage_text[] = "load --calibrate | [--wait] [--ask] [--loops N] MICROSECONDS "
                              "KIND[,KEY=VALUE]...";
constexpr uint64_t asking_period = 20 * millisecond;
constexpr uint64_t asking_for = 60 * second;
constexpr uint64_t shortest_sample = 100 * millisecond;

load::Plan plan;
load::Group groups[load::Plan::most_groups];
load::Run_queues queues;
load::Report report;
std::atomic<bool> over{false};

// Asks for all processors all the time, whatever is answered.
void ask(void*) {
    Resource_manager_client const resources;
    uint64_t processors = 1;
    while (resources.entry(processors).ok())
        ++processors;
    while (!over.load()) {
        static_cast<void>(resources.request(processors, asking_for));
        sleep_for(asking_period);
    }
}

void wait_for_line() {
    printf("LOAD ready\n");
    fflush(stdout);
    for (int key = getchar(); key != '\n' && key != EOF;)
        key = getchar();
}

int run() {
    auto const opened = plan.adaptive() ? queues.open() : Result<void>{};
    if (!opened.ok())
        return failed("load", "the processors' accounts", opened.error());
    load::Pace const pace{plan.loops != 0 ? plan.loops : load::calibrate()};
    std::span<load::Group> const all{groups, plan.groups};
    for (unsigned i = 0; i < plan.groups; ++i)
        all[i].initialise(plan.group[i], pace, i, queues);
    for (load::Group& group : all) {
        auto const started = group.start();
        if (!started.ok())
            return failed("load", "a thread", started.error());
    }
    if (plan.wait)
        wait_for_line();
    load::print_moment("begin");
    uint64_t const begin = now();
    uint64_t const end = begin + plan.duration;
    Thread asking;
    if (plan.ask) {
        auto started = Thread::start(ask, nullptr);
        if (!started.ok())
            return failed("load", "a thread", started.error());
        asking = static_cast<Thread&&>(started.value());
    }
    for (load::Group& group : all)
        group.go(begin, end);
    uint64_t const period =
        std::max(plan.duration / (load::Report::most_samples - 1), shortest_sample);
    for (uint64_t next = begin + period; next < end + period; next += period) {
        static_cast<void>(thread_sleep(std::min(next, end)));
        report.sample(all, begin);
    }
    over.store(true);
    for (load::Group& group : all)
        group.join();
    asking.join();
    report.print(all);
    load::print_cooperation();
    load::print_moment("end");
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (!load::read_plan(count, arguments, plan))
        return usage(usage_text);
    if (!plan.calibrate)
        return run();
    printf("LOAD loops %llu\n", static_cast<unsigned long long>(load::calibrate()));
    return 0;
}
