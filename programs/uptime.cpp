// SPDX-License-Identifier: MIT
// Shows how long the system has been running, what time it is, and how much of all processors
// together Xen gave, took, was not asked for, and was given back.
#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <time.h>

using namespace lavandin;

namespace {

double seconds(uint64_t time) { return static_cast<double>(time) / static_cast<double>(second); }

void print_processor() {
    auto const system = System::borrow(environment().capability("system"));
    auto const information = system.information();
    if (!information.ok())
        return;
    printf("processors: %.3f s used, %.3f s stolen, %.3f s idle, %.3f s off\n",
           seconds(information.value().running_time), seconds(information.value().stolen_time),
           seconds(information.value().blocked_time), seconds(information.value().offline_time));
}

} // namespace

int main(int count, char**) {
    if (count != 1)
        return usage("uptime");
    uint64_t const up = now() / second;
    time_t const wall = static_cast<time_t>(wall_clock() / second);
    char date[64];
    tm broken_down{};
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&wall, &broken_down));
    printf("%s, up %llu:%02llu:%02llu\n", date, static_cast<unsigned long long>(up / 3600),
           static_cast<unsigned long long>(up / 60 % 60), static_cast<unsigned long long>(up % 60));
    print_processor();
    return 0;
}
