// SPDX-License-Identifier: MIT
// transitions [changes=N] [seed=N] [contested]: parks, stops and starts processors at random,
// while threads run, sleep, wait, call and are pinned.
#include "suite.hpp"

#include <lavandin/resource_manager_client.hpp>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char** arguments) {
    changes::Options options;
    if (count == 3 && std::string_view{arguments[1]} == "requester")
        changes::request_for_ever(strtoul(arguments[2], nullptr, 10));
    for (int i = 1; i < count; ++i)
        if (!options.read(arguments[i])) {
            printf("usage: transitions [changes=N] [seed=N] [contested]\n");
            return 2;
        }
    // Once it answers, all that are started at boot are there.
    static_cast<void>(lavandin::Resource_manager_client{}.entry(0));
    static changes::Suite suite{options};
    if (auto const prepared = suite.prepare(); !prepared.ok()) {
        printf("Bail out! It cannot start: error %u\n", static_cast<unsigned>(prepared.error()));
        return 1;
    }
    return suite.run();
}
