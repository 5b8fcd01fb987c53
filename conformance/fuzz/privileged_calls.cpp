// SPDX-License-Identifier: MIT
// System calls at random, by processes that hold System and a device's interrupt, too.
#include "framework/test.hpp"
#include "fuzz/run.hpp"
#include "tests/policy_files.hpp"

namespace {

using namespace conformance;

constexpr uint64_t share = 5; // of the calls that those without privileges make

// What would change the system for good.
void give_back_machine() {
    give_back_places();
    static_cast<void>(interrupt_bind(inherited().interrupt, 0));
    static_cast<void>(log_bind(inherited().system, 0));
}

// On a console ring the console server needs its interrupt, and the kernel's messages must not mix
// with what it prints.
bool taken_out(System_call call, bool console_ring) {
    return call == System_call::system_shutdown ||
           (console_ring && (call == System_call::interrupt_bind || call == System_call::log_bind));
}

// A reference that another machine has given us is hit too seldom. Processors are not for these
// processes: what they did to them would last.
bool may_succeed(System_call call, bool console_ring) {
    if (call == System_call::grant_read || call == System_call::grant_write ||
        call == System_call::processor_open || call == System_call::processor_control ||
        call == System_call::processor_information)
        return false;
    if (call == System_call::policy_load) // the memory it draws holds no module
        return false;
    return console_ring ? call != System_call::console_write && call != System_call::console_read
                        : call != System_call::interrupt_raise;
}

// After all that needs the log server: the kernel's messages go to the console from here on.
TEST(last, system_calls_with_privileges, Fuzz_run::longest) {
    if (inherited().interrupt == 0)
        SKIP("the suite was given no interrupt");
    auto const& options = inherited().options;
    bool const ring = console_read(inherited().system).error() == Error::not_supported;
    Neighbours neighbours;
    TAKE(neighbours.start());
    Fuzz_run run{options.seed, 2, neighbours};
    TAKE(run.prepare());
    // Without *schedule*: at highest priority it would keep all others from running.
    run.give({inherited().system, Object_type::system,
              system_permission::all ^ system_permission::shutdown ^ system_permission::schedule ^
                  system_permission::processors});
    auto const policy = TAKE(load_policy(policy_files::share));
    run.give({policy, Object_type::policy});
    run.give({inherited().interrupt, Object_type::interrupt});
    for (auto const& shape : system_call_shapes)
        if (taken_out(shape.call, ring))
            run.exclude(shape.call);
    bool const whole =
        run.run(options.calls / share, options.part, ring ? give_back_places : give_back_machine) &&
        options.part == 0;
    run.report();
    for (auto const& shape : system_call_shapes)
        if (whole && options.enough() && wants_machine(shape) && !taken_out(shape.call, ring))
            run.expect_tried(shape, may_succeed(shape.call, ring));
}

} // namespace
