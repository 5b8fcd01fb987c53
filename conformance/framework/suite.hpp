// SPDX-License-Identifier: MIT
// Runs the tests, each in a process of its own, and prints what they say as KTAP.
#pragma once

#include "counters.hpp"
#include "test.hpp"

#include <lavandin/objects.hpp>

#include <array>
#include <string_view>

namespace conformance {

class Suite {
public:
    static constexpr uint64_t test_quota = 8 << 20;

    // Errors: those of the system calls; what was missing has been said then.
    Result<void> prepare();

    // Tests whose `group.name` begins with `prefix`. True when none failed.
    bool run(std::string_view prefix);

    // One letter for each test that ran: o passed, n failed, s skipped.
    std::string_view outcomes() const { return {_outcomes.data(), _outcome_count}; }

private:
    struct Outcome {
        Process_information information;
        bool hung;
    };

    bool run(Test const& test, size_t index);
    Result<Outcome> run_in_child(Test const& test);
    Result<bool> wait_for_end(uint64_t deadline);
    void serve(Endpoint_receive_out const& received);
    void end_adopted();
    void check_counters(Counters const& before);
    void note_outcome(char outcome);
    void print(Test const& test, size_t index);

    Endpoint _endpoint;
    Reply _reply;
    std::array<Capability_index, 64> _adopted{};
    std::array<char, 1024> _outcomes{};
    size_t _outcome_count{0};
};

// Prints which pairs of call and error no test saw, given the bits of system_call_pairs.hpp. How
// many of them nobody says to be tested elsewhere.
size_t print_untested(uint64_t const* tested, uint64_t const* elsewhere);

} // namespace conformance
