// SPDX-License-Identifier: MIT
// For tests: cheats in the cooperation protocol. cheater WAY.
#include "cheats.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/usage.hpp>

#include <stdio.h>

using namespace lavandin;

namespace {

constexpr uint64_t patience = 60 * second;

int help() {
    printf("usage: cheater WAY\n\n");
    for (auto const& cheat : cheater::cheats())
        printf("  %-8.*s %s\n", static_cast<int>(cheat.name.size()), cheat.name.data(),
               cheat.about);
    return status_usage;
}

Result<void> run(cheater::Cheat const& cheat) {
    static cheater::Manager manager;
    TRY_VOID(manager.open());
    uint64_t const deadline = after(patience);
    while (!manager.joined()) {
        if (now() > deadline)
            return Error::timed_out;
        manager.turn();
        sleep_for(10 * millisecond);
    }
    printf("cheater: joined\n");
    fflush(stdout);
    while (cheat.step(manager)) {
    }
    printf("cheater: done\n");
    return {};
}

} // namespace

int main(int count, char** arguments) {
    for (auto const& cheat : cheater::cheats())
        if (count == 2 && cheat.name == arguments[1]) {
            auto const done = run(cheat);
            return done.ok() ? 0 : failed("cheater", arguments[1], done.error());
        }
    return help();
}
