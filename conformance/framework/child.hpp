// SPDX-License-Identifier: MIT
// Another process that runs a function of the suite.
//
//     auto child = TAKE(Child::create());
//     auto const slot = TAKE(child.give(endpoint, endpoint_permission::call));
//     TAKE(child.start([](Words const& words) { EXPECT_OK(endpoint_call, words[0], ...); },
//     {slot})); EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
#pragma once

#include "image.hpp"
#include "options.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/objects.hpp>

#include <array>
#include <initializer_list>
#include <string_view>

struct _reent;

namespace conformance {

// What a child's function is given.
using Words = std::array<uint64_t, 8>;

// Slots that this process was started with.
struct Inherited {
    Image image;
    Capability_index report;
    Capability_index system;     // what of System the suite was given
    Capability_index supervisor; // Endpoint; 0 in the suite itself and in children of tests
    Capability_index interrupt;  // of a device; 0 where there is none
    uint64_t priority;           // of the test's first thread
    uint64_t processors;         // that took threads when the suite began, a bit for each
    Options options;
    struct _reent* newlib; // state for formatting, shared by all threads of a process
};
Inherited& inherited();

// The lowest of a set of processors.
constexpr uint64_t first_processor(uint64_t set) { return set & -set; }

class Child {
public:
    static constexpr uint64_t usual_quota = 128 * 1024;
    static constexpr uint64_t usual_patience = 30 * second;

    // A process with nothing mapped but the report. Errors: those of the system calls.
    static Result<Child> create(uint64_t quota = usual_quota, uint64_t flags = 0,
                                std::string_view name = "test's child");
    Child() = default;
    Child(Child&&) = default;
    // Only to one that holds no process.
    Child& operator=(Child&& other) = default;
    ~Child() { end(); }
    void end(); // kills the process, if it lives, and lets go of it

    Process const& process() const { return _process; }
    Kernel_thread const& thread() const { return _thread; } // once it was started
    Notification const& ended() const { return _ended; }

    Result<Capability_index> give(Capability_index source,
                                  Permissions permissions = all_permissions,
                                  uint64_t badge = 0) const {
        return _process.install(source, permissions, badge);
    }

    // Runs `function(words)` in it; the process exits with status 0 when that returns. `heir`: what
    // inherited() shall answer there.
    Result<void> start(void (*function)(Words const&), std::initializer_list<uint64_t> words = {},
                       uint64_t priority = inherited().priority, Inherited const& heir = {});

    // Waits for its end. Errors: timed_out.
    Result<Process_information> wait(uint64_t patience = usual_patience) const;

private:
    Process _process;
    Notification _ended;
    Kernel_thread _thread;
    uint64_t _ticket{0}; // the supervisor's, who ends the process should we not come to it
};

// A function without words.
template <void (*function)()>
void without_words(Words const&) {
    function();
}

} // namespace conformance
