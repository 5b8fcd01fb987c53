// SPDX-License-Identifier: MIT
// Sleeps, or keeps the processor busy, for some seconds.
#include <lavandin/clock.hpp>
#include <lavandin/usage.hpp>
#include <string.h>

using namespace lavandin;

int main(int count, char** arguments) {
    bool const spin = count == 3 && strcmp(arguments[1], "--busy") == 0;
    uint64_t seconds = 0;
    if (count != (spin ? 3 : 2) || !read_number(arguments[count - 1], 1'000'000, seconds))
        return usage("sleep [--busy] SECONDS");
    uint64_t const end = after(seconds * second);
    if (!spin)
        sleep_for(seconds * second);
    while (now() < end) {
    }
    return 0;
}
