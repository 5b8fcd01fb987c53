// SPDX-License-Identifier: MIT
// Shows how long the system has been running and what time it is.
#include <lavandin/clock.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <time.h>

using namespace lavandin;

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
    return 0;
}
