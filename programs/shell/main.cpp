// SPDX-License-Identifier: MIT
#include "shell.hpp"

#include <stdio.h>
#include <string.h>

int main(int count, char** arguments) {
    // Words of the kernel's command line come here, too; those of others are no business of ours.
    bool report = false;
    for (int i = 1; i < count; ++i)
        report = report || strcmp(arguments[i], "--report-start") == 0;
    static lavandin::shell::Shell shell{report};
    if (!shell.start().ok())
        return 1;
    puts("Lavandin. `help` lists what there is.");
    fflush(stdout);
    return shell.run();
}
