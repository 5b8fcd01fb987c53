// SPDX-License-Identifier: MIT
// Many processes, one after the other, that make system calls at random beside neighbours that must
// not notice.
//
// A run has parts: each is one process, whose seed is made from the run's and the part's number, so
// that a part can be repeated by itself (`part=N`). A part ends when it has made its calls or has
// ended itself by one of them.
#pragma once

#include "framework/counters.hpp"
#include "fuzz/neighbours.hpp"
#include "fuzz/record.hpp"

#include <initializer_list>

namespace conformance {

class Fuzz_run {
public:
    struct Gift {
        Capability_index slot; // of the test
        Object_type type;
        Permissions permissions{all_permissions};
        uint64_t badge{0};
    };

    static constexpr uint64_t longest = 1200; // seconds; a part that hangs is found long before

    // `stream`: makes the seeds of runs differ.
    Fuzz_run(uint64_t seed, uint64_t stream, Neighbours const& neighbours)
        : _seed{seed}, _stream{stream}, _neighbours{neighbours} {}

    // Gives the neighbours' objects, and waits until they work.
    Result<void> prepare();
    void give(Gift const& gift) { _gifts[_gift_count++] = gift; }
    void exclude(System_call call) { fuzz_record().excluded[_excluded_count++] = call; }

    // Calls until at least so many are made, or one part only (0: all). `undo()`, after each part:
    // takes back what would outlive its process. False when something broke.
    bool run(uint64_t calls, uint64_t only_part, void (*undo)());

    // Prints what happened. The test fails when neighbours were disturbed, when answers came that
    // are not documented, or when too few calls were good.
    void report() const;

    // The test fails when the call never failed though it may, or never succeeded: then it was not
    // tried well enough.
    void expect_tried(System_call_shape const& shape, bool may_succeed) const;

private:
    static constexpr uint64_t calls_of_part = 2500;
    static constexpr uint64_t patience = 60 * second; // without a call

    bool run_part(uint64_t part, uint64_t budget, void (*undo)());
    Result<Process_information> start_and_wait(uint64_t part, uint64_t budget);
    static Result<Process_information> wait_for(Child const& child);
    Result<Child> make_child(uint64_t part);
    void judge(Process_information const& end);
    bool nothing_is_lost(uint64_t part, Counters const& before) const;
    void blame(uint64_t part, char const* what) const;
    void check_answers() const;
    void print_calls() const;
    static void print_fewest(char const* what, uint32_t const (&counts)[fuzz::calls + 1]);

    uint64_t const _seed;
    uint64_t const _stream;
    Neighbours const& _neighbours;
    Memory _record;
    std::array<Gift, 12> _gifts{};
    size_t _gift_count{0};
    size_t _excluded_count{0};
    uint64_t _parts{0};
    uint64_t _stuck{0};
    uint64_t _accidents{0};
};

// Whether a call wants System or an interrupt.
bool wants_machine(System_call_shape const& shape);

} // namespace conformance
