// SPDX-License-Identifier: MIT
// Shows what the kernel has counted since boot, or in some seconds: from when what this command
// itself caused is over (an echo on its way, a slice's end).
#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>

using namespace lavandin;

namespace {

constexpr uint64_t settling_time = second / 4;

struct Sample {
    uint64_t time{0};
    System_information counted{};
};

Result<Sample> take_sample() {
    auto const system = System::borrow(environment().capability("system"));
    Sample sample;
    sample.counted = TRY(system.information());
    sample.time = now();
    return sample;
}

void row(char const* name, uint64_t begin, uint64_t end) {
    printf("%-22s %12llu\n", name, static_cast<unsigned long long>(end - begin));
}

void show(Sample const& from, Sample const& to) {
    row("microseconds", from.time / microsecond, to.time / microsecond);
    row("kernel entries", from.counted.kernel_entries, to.counted.kernel_entries);
    row("system calls", from.counted.system_calls, to.counted.system_calls);
    row("hypercalls", from.counted.platform_calls, to.counted.platform_calls);
    row("events", from.counted.events, to.counted.events);
    row("timer interrupts", from.counted.timer_interrupts, to.counted.timer_interrupts);
    row("thread switches", from.counted.thread_switches, to.counted.thread_switches);
    row("page-table switches", from.counted.table_switches, to.counted.table_switches);
}

} // namespace

int main(int count, char** arguments) {
    uint64_t seconds = 0;
    if (count > 2 || (count == 2 && !read_number(arguments[1], 1'000'000, seconds)))
        return usage("counters [SECONDS]");
    Result<Sample> from = Sample{};
    if (count == 2) {
        sleep_for(settling_time);
        from = take_sample();
        sleep_for(seconds * second);
    }
    auto const to = take_sample();
    if (!from.ok() || !to.ok())
        return failed("counters", "system", (from.ok() ? to : from).error());
    show(from.value(), to.value());
    return 0;
}
