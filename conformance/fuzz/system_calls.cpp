// SPDX-License-Identifier: MIT
// System calls at random, by processes without privileges.
#include "framework/test.hpp"
#include "fuzz/run.hpp"

namespace {

using namespace conformance;

TEST(fuzz, system_calls, Fuzz_run::longest) {
    auto const& options = inherited().options;
    Neighbours neighbours;
    TAKE(neighbours.start());
    Fuzz_run run{options.seed, 1, neighbours};
    TAKE(run.prepare());
    bool const whole = run.run(options.calls, options.part, [] {}) && options.part == 0;
    run.report();
    for (auto const& shape : system_call_shapes)
        if (whole && options.enough() && shape.call != System_call::system_shutdown)
            run.expect_tried(shape, !wants_machine(shape));
}

} // namespace
