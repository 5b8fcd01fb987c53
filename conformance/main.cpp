// SPDX-License-Identifier: MIT
// The conformance suite: conformance [PREFIX] [seed=N] [calls=N] [part=N] runs the tests whose name
// begins so. The numbers are for what is done at random (framework/options.hpp).
#include "framework/child.hpp"
#include "framework/suite.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/resource_manager_client.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/xenstore_client.hpp>

#include <stdio.h>

using namespace lavandin;

namespace {

// The suite itself stands above its tests, and below the servers, whose work it must not hinder.
constexpr uint64_t suite_priority = default_priority;

// For a system test in which the console is not to be relied on.
void note_in_store(std::string_view outcomes) {
    Xenstore_client const store;
    for (int attempt = 0; attempt < 3; ++attempt)
        if (store.write("data/conformance", outcomes).error() != Error::timed_out)
            return;
}

} // namespace

int main(int count, char** arguments) {
    auto& own = conformance::inherited();
    own.system = environment().capability("system");
    own.interrupt = environment().capability("console_interrupt");
    own.newlib = current_part().reent;
    own.priority = suite_priority;
    static_cast<void>(thread_set_priority(0, suite_priority));
    // Who is answered finds all processors there that are started at boot.
    static_cast<void>(Resource_manager_client{}.entry(0));
    std::string_view prefix;
    for (char** word = arguments + 1; word < arguments + count; ++word)
        if (!own.options.read(*word))
            prefix = *word;
    static conformance::Suite suite;
    if (auto const prepared = suite.prepare(); !prepared.ok()) {
        printf("Bail out! The suite cannot start: %s\n", conformance::error_name(prepared.error()));
        return 2;
    }
    bool const passed = suite.run(prefix);
    note_in_store(suite.outcomes());
    return passed ? 0 : 1;
}
