// SPDX-License-Identifier: MIT
// A member of a group that runs the program in conformance/member.
//
//     Troupe troupe;
//     TAKE(troupe.prepare());
//     auto second = TAKE(troupe.serve("second"));
//     auto first = TAKE(troupe.start("first", "answers"));
//     EXPECT_EQUAL(TAKE(first.wait()).status, 0);
#pragma once

#include "child.hpp"

#include <lavandin/elf_program.hpp>
#include <lavandin/environment.hpp>

namespace conformance {

class Member {
public:
    Member() = default;
    Member(Member&&) = default;
    Member& operator=(Member&&) = delete;
    ~Member() { end(); }
    void end();

    Process const& process() const { return _process; }
    Result<Process_information> information() const { return _process.information(); }
    // Waits for its end. Errors: timed_out.
    Result<Process_information> wait(uint64_t patience = Child::usual_patience) const;

private:
    friend class Troupe;

    Process _process;
    Notification _ended;
};

// A group, and what its members are given: `ready`, `inside` and `go0` to `go2`.
class Troupe {
public:
    static constexpr uint64_t member_quota = 900 * 1024;
    static constexpr char const* stacks = "3";

    // Errors: those of the system calls.
    Result<void> prepare();

    // A member that does what `role` says, with `argument`. Errors: those of the system calls.
    Result<Member> start(char const* name, char const* role, char const* argument = "") const;
    // One that takes calls by now.
    Result<Member> serve(char const* name, char const* stacks_of_it = stacks) const;

    // Runs `role` as the member `first` beside `second`; the line at which it failed, or 0.
    Result<uint64_t> play(char const* role, char const* stacks_of_second = stacks) const;

    Notification const& inside() const { return _inside; }
    Notification const& go() const { return _go[0]; }
    Group const& group() const { return _group; }

private:
    struct Place;

    static void describe(Environment_page& page, Place const& place);
    Result<void> load(Process const& process, Place const& place) const;
    Result<void> give(Process const& process, Place const& place, char const* name,
                      char const* role, char const* argument) const;

    Elf_program _program{};
    Group _group;
    Notification _ready;
    Notification _inside;
    Notification _go[3];
};

} // namespace conformance
