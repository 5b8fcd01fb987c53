// SPDX-License-Identifier: MIT
// Calls between members of a group, made by the gates of libos. What the members do and check
// themselves is in conformance/member; here they are put on stage, and killed.
#include "common.hpp"
#include "framework/member.hpp"

#include <lavandin/layout.hpp>

namespace conformance {
namespace {

// `role` succeeds beside a member that serves.
void expect_success_of(char const* role, char const* stacks = Troupe::stacks) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto const line = TAKE(troupe.play(role, stacks));
    EXPECT_EQUAL(line, 0);
}

TEST(group_call, answers) { expect_success_of("answers"); }

// Kernel entries and page-table switches of ten thousand calls: none.
TEST(group_call, enters_no_kernel) { expect_success_of("counts"); }

// What a call costs those who are in no group: at most two entries and two switches.
TEST(group_call, processes_that_are_alone_switch_tables) {
    constexpr uint64_t calls = 200;
    auto const endpoint = MUST(endpoint_create);
    auto server = TAKE(Child::create());
    auto const theirs = TAKE(server.give(endpoint, endpoint_permission::receive));
    TAKE(server.start(
        [](Words const& words) {
            auto const reply = MUST(reply_create);
            uint64_t const both = uint64_t{reply} << 32 | words[0];
            while (endpoint_reply_receive(both, Message_tag{}, 0, 0, 0, 0).ok())
                ;
        },
        {theirs}));
    EXPECT_OK(endpoint_call, endpoint, Message_tag{}, 0, 0, 0, 0);
    for (int tries = 0; tries < 50; ++tries) {
        auto const before = TAKE(system_counters());
        for (uint64_t i = 0; i < calls; ++i)
            static_cast<void>(endpoint_call(endpoint, Message_tag{}, 0, 0, 0, 0));
        auto const after = TAKE(system_counters());
        uint64_t const switches = after.table_switches - before.table_switches;
        EXPECT(switches >= calls); // else they are not alone
        // More may be an interrupt's, or another processor's.
        if (after.kernel_entries - before.kernel_entries - 1 <= 2 * calls && switches <= 2 * calls)
            return;
    }
    note("it took more each time");
    fail();
}

TEST(group_call, kernel_sees_the_callee) { expect_success_of("is_seen_as_the_callee"); }
TEST(group_call, thread_locals_and_errno_stay_apart) { expect_success_of("keeps_locals_apart"); }
TEST(group_call, threads_have_an_errno_each) { expect_success_of("has_an_errno_per_thread"); }
TEST(group_call, both_sides_allocate_at_once) { expect_success_of("allocates_on_both_sides"); }
TEST(group_call, stacks_run_out) { expect_success_of("uses_all_stacks"); }
TEST(group_call, goes_fifteen_deep) { expect_success_of("goes_fifteen_deep", "8"); }
TEST(group_call, callee_exits) { expect_success_of("survives_an_exit"); }
TEST(group_call, caller_gets_its_registers_back) { expect_success_of("gets_its_registers_back"); }
TEST(group_call, bad_claims_harm_nobody) { expect_success_of("scribbles"); }
TEST(group_call, bad_places_to_come_back_to) { expect_success_of("loses_a_thread"); }

TEST(group_call, callee_faults) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto const second = TAKE(troupe.serve("second"));
    auto const first = TAKE(troupe.start("first", "survives_a_fault"));
    EXPECT_EQUAL(TAKE(first.wait()).status, 0);
    auto const end = TAKE(second.information());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.fault_address, region_bytes + lavandin::layout::heap_end - 8);
}

TEST(group_call, callee_is_killed_while_the_visitor_waits) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto second = TAKE(troupe.serve("second"));
    auto const first = TAKE(troupe.start("first", "is_told_of_a_kill"));
    TAKE(troupe.inside().wait(soon()));
    EXPECT(others_wait());
    second.end();
    EXPECT_EQUAL(TAKE(first.wait()).status, 0);
}

TEST(group_call, callee_is_killed_while_the_visitor_runs) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto second = TAKE(troupe.serve("second"));
    auto const first = TAKE(troupe.start("first", "is_told_of_a_kill_while_it_runs"));
    TAKE(troupe.inside().wait(soon()));
    sleep_for(5 * millisecond);
    second.end();
    EXPECT_EQUAL(TAKE(first.wait()).status, 0);
}

TEST(group_call, caller_is_killed_inside) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto const second = TAKE(troupe.serve("second"));
    auto const first = TAKE(troupe.start("first", "is_killed_inside"));
    TAKE(troupe.inside().wait(soon()));
    EXPECT(others_wait());
    EXPECT_OK(process_destroy, first.process().index(), 6);
    auto const end = TAKE(first.wait()); // told at once
    EXPECT_EQUAL(end.state, Process_state::killed);
    EXPECT_EQUAL(end.threads, 1);
    TAKE(troupe.go().signal());
    EXPECT(others_wait());
    auto const gone = TAKE(first.information());
    EXPECT_EQUAL(gone.threads, 0);
    EXPECT(gone.quota_used + 3 * page_size <= end.quota_used); // its tables are gone
    EXPECT(gone.quota_used < 2 * page_size);
    auto const witness = TAKE(troupe.start("witness", "finds_the_mutex_free"));
    EXPECT_EQUAL(TAKE(witness.wait()).status, 0);
    EXPECT_EQUAL(TAKE(second.information()).state, Process_state::alive);
}

TEST(group_call, third_of_three_faults) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto const second = TAKE(troupe.serve("second"));
    auto const third = TAKE(troupe.serve("third"));
    auto const first = TAKE(troupe.start("first", "lives_on_when_the_third_faults"));
    EXPECT_EQUAL(TAKE(first.wait()).status, 0);
    EXPECT_EQUAL(TAKE(third.information()).state, Process_state::faulted);
}

TEST(group_call, third_of_three_is_killed) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto const second = TAKE(troupe.serve("second"));
    auto third = TAKE(troupe.serve("third"));
    auto const first = TAKE(troupe.start("first", "lives_on_when_the_third_is_killed"));
    TAKE(troupe.inside().wait(soon()));
    EXPECT(others_wait());
    third.end();
    EXPECT_EQUAL(TAKE(first.wait()).status, 0);
}

TEST(group_call, second_of_three_is_killed) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto second = TAKE(troupe.serve("second"));
    auto const third = TAKE(troupe.serve("third"));
    auto const first = TAKE(troupe.start("first", "lives_on_when_the_second_is_killed"));
    TAKE(troupe.inside().wait(soon()));
    EXPECT(others_wait());
    second.end();
    TAKE(troupe.go().signal());
    EXPECT_EQUAL(TAKE(first.wait()).status, 0);
    EXPECT_EQUAL(TAKE(third.information()).state, Process_state::alive);
}

// A process that came later under the same number and name is another one.
TEST(group_call, successor_is_another) {
    Troupe troupe;
    TAKE(troupe.prepare());
    auto second = TAKE(troupe.serve("second"));
    auto const first = TAKE(troupe.start("first", "does_not_meet_a_successor"));
    TAKE(troupe.inside().wait(soon()));
    auto const old = TAKE(second.information());
    second.end();
    auto const successor = TAKE(troupe.serve("second"));
    EXPECT_EQUAL(TAKE(successor.information()).region_begin, old.region_begin);
    TAKE(troupe.go().signal());
    EXPECT_EQUAL(TAKE(first.wait()).status, 0);
}

} // namespace
} // namespace conformance
