// SPDX-License-Identifier: MIT
// Shows the log of kernel and servers.
#include <lavandin/log_client.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>

using namespace lavandin;

int main(int count, char**) {
    if (count != 1)
        return usage("dmesg");
    Log_client const log;
    static char text[2048];
    for (uint64_t position = 0;;) {
        auto const bytes = log.read(position, text);
        if (!bytes.ok())
            return failed("dmesg", "log", bytes.error());
        if (bytes.value() == 0)
            return 0;
        fwrite(text, 1, bytes.value(), stdout);
    }
}
