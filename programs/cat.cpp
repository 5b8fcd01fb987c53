// SPDX-License-Identifier: MIT
// Prints what is typed, line by line, until Ctrl-D.
#include <lavandin/usage.hpp>
#include <stdio.h>

int main(int count, char**) {
    if (count != 1)
        return lavandin::usage("cat  (what is typed, until Ctrl-D)");
    char line[512];
    while (fgets(line, sizeof(line), stdin) != nullptr)
        fputs(line, stdout);
    return 0;
}
