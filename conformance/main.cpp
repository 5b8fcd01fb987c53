// SPDX-License-Identifier: MIT
// The conformance suite: conformance [PREFIX] runs the tests whose name begins so.
#include "framework/child.hpp"
#include "framework/suite.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/thread_pointer.hpp>

#include <stdio.h>

using namespace lavandin;

namespace {

// The suite itself stands above its tests, and below the servers, whose work it must not hinder.
constexpr uint64_t suite_priority = default_priority;

} // namespace

int main(int count, char** arguments) {
    auto& own = conformance::inherited();
    own.system = environment().capability("system");
    own.interrupt = environment().capability("console_interrupt");
    own.newlib = current_thread().reent;
    own.priority = suite_priority;
    static_cast<void>(thread_set_priority(0, suite_priority));
    static conformance::Suite suite;
    if (auto const prepared = suite.prepare(); !prepared.ok()) {
        printf("Bail out! The suite cannot start: %s\n", conformance::error_name(prepared.error()));
        return 2;
    }
    return suite.run(count > 1 ? arguments[1] : "") ? 0 : 1;
}
