// SPDX-License-Identifier: MIT
#include "shell.hpp"

#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string.h>

int main(int count, char** arguments) {
    bool const report = count == 2 && strcmp(arguments[1], "--report-start") == 0;
    if (count != 1 && !report)
        return lavandin::usage("shell [--report-start]");
    static lavandin::shell::Shell shell{report};
    if (!shell.start().ok())
        return 1;
    puts("Lavandin. `help` lists what there is.");
    fflush(stdout);
    return shell.run();
}
