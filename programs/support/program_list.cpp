// SPDX-License-Identifier: MIT
#include <lavandin/init_client.hpp>
#include <lavandin/program_list.hpp>
#include <stdio.h>

namespace lavandin {

void print_programs() {
    Init_client const init;
    for (uint64_t i = 0;; ++i) {
        auto const entry = init.program(i);
        if (!entry.ok())
            return;
        printf("  %-10s %s\n", entry.value().name, entry.value().about);
    }
}

} // namespace lavandin
