// SPDX-License-Identifier: MIT
// Prints the recording of a seeded life: record_life SEED STEPS. Not a test: the group that replays
// recordings against the model runs it.
#include "life.hpp"

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: %s SEED STEPS\n", arguments[0]);
        return 2;
    }
    auto const print = [](std::string const& line) { std::fputs(line.c_str(), stdout); };
    Life life{std::strtoull(arguments[1], nullptr, 10), print};
    for (auto steps = std::strtoull(arguments[2], nullptr, 10); steps != 0; --steps)
        life.step();
    life.settle();
    return ::testing::Test::HasFailure() ? 1 : 0;
}
