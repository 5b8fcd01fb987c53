// SPDX-License-Identifier: MIT
#include "shell.hpp"

#include <stdio.h>

int main() {
    static lavandin::shell::Shell shell;
    if (!shell.start().ok())
        return 1;
    puts("Lavandin. `help` lists what there is.");
    fflush(stdout);
    return shell.run();
}
