// SPDX-License-Identifier: MIT
// Prints numbered lines, for tests of the console: none may be lost, and none mixed with others'.
#include <lavandin/usage.hpp>
#include <stdio.h>

int main(int count, char** arguments) {
    uint64_t lines = 0;
    if (count != 3 || !lavandin::read_number(arguments[2], 1'000'000, lines))
        return lavandin::usage("lines NAME NUMBER");
    for (uint64_t i = 0; i < lines; ++i)
        printf("%s %llu of %llu abcdefghijklmnopqrstuvwxyz\n", arguments[1],
               static_cast<unsigned long long>(i), static_cast<unsigned long long>(lines));
    return 0;
}
