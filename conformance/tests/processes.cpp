// SPDX-License-Identifier: MIT
// Processes: making and ending them, and what can be known about them.
#include "tests/common.hpp"

#include <string.h>
#include <string_view>

namespace {

using namespace conformance;

constexpr uint64_t usual = 64 * 1024;

TEST(process, is_born_alive_and_empty) {
    auto const name = pack_name("sixteen letters!");
    auto const process = MUST(process_create, usual, 0, name.low, name.high, 0, 0);
    EXPECT_OK(process_information, process);
    auto const born = TAKE(information_of(process));
    EXPECT_EQUAL(born.state, Process_state::alive);
    EXPECT_EQUAL(born.threads, 0);
    EXPECT_EQUAL(born.quota_limit, usual);
    EXPECT(born.quota_used > 0 && born.quota_used < usual);
    EXPECT_EQUAL(born.processor_time, 0);
    EXPECT_EQUAL(memcmp(born.name, "sixteen letters!", 16), 0);
}

TEST(process, identifiers_are_unique) {
    auto const first = TAKE(information_of(TAKE(empty_process())));
    auto const second = TAKE(information_of(TAKE(empty_process())));
    auto const own = TAKE(information_of(self_process));
    EXPECT(first.identifier != second.identifier);
    EXPECT(own.identifier != first.identifier && own.identifier != second.identifier);
}

TEST(process, name_is_made_printable) {
    auto const name = pack_name("a\033[1m\x80\n");
    auto const process = MUST(process_create, usual, 0, name.low, name.high, 0, 0);
    auto const information = TAKE(information_of(process));
    EXPECT_EQUAL(memcmp(information.name, "a?[1m??", 8), 0);
}

TEST(process, create_wants_a_notification_that_can_be_signalled) {
    auto const endpoint = MUST(endpoint_create);
    auto const deaf = TAKE(copy(MUST(notification_create), notification_permission::wait));
    EXPECT_ERROR(invalid_capability, process_create, usual, 0, 'x', 0, empty_slot, 0);
    EXPECT_ERROR(invalid_capability, process_create, usual, 0, 'x', 0, beyond_table, 0);
    EXPECT_ERROR(wrong_type, process_create, usual, 0, 'x', 0, endpoint, 0);
    EXPECT_ERROR(permission_denied, process_create, usual, 0, 'x', 0, deaf, 0);
}

TEST(process, create_wants_known_flags_and_a_quota) {
    EXPECT_ERROR(invalid_argument, process_create, usual, 2, 'x', 0, 0, 0);
    EXPECT_ERROR(invalid_argument, process_create, usual, uint64_t{1} << 63, 'x', 0, 0, 0);
    EXPECT_ERROR(invalid_argument, process_create, 0, 0, 'x', 0, 0, 0);
    EXPECT_ERROR(invalid_argument, process_create, 1, 0, 'x', 0, 0, 0);
    EXPECT_OK(process_create, usual, process_without_fpu, 'x', 0, 0, 0);
}

TEST(process, quota_is_carved_and_returns_exactly) {
    EXPECT_OK(capability_delete, TAKE(empty_process())); // the table has its page from now on
    auto const before = TAKE(quota_used());
    auto const process = MUST(process_create, usual, 0, 'x', 0, 0, 0);
    auto const carved = TAKE(quota_used()) - before;
    EXPECT(carved >= usual && carved <= usual + 256);
    EXPECT_OK(process_destroy, process, 0);
    EXPECT_OK(capability_delete, process);
    EXPECT_EQUAL(TAKE(quota_used()), before);
}

TEST(process, quota_that_is_not_there) {
    EXPECT_OK(capability_delete, TAKE(empty_process()));
    auto const own = TAKE(information_of(self_process));
    uint64_t const left = own.quota_limit - own.quota_used;
    auto const before = TAKE(system_counters());
    for (uint64_t const quota :
         {left + 1, left, own.quota_limit, uint64_t{1} << 40, ~uint64_t{0} - 10, ~uint64_t{0}})
        EXPECT_ERROR(quota_exceeded, process_create, quota, 0, 'x', 0, 0, 0);
    auto const now = TAKE(system_counters());
    EXPECT_EQUAL(now.objects[number(Object_type::process)],
                 before.objects[number(Object_type::process)]);
    EXPECT_EQUAL(TAKE(quota_used()), own.quota_used);
}

TEST(process, quota_bounds_what_is_made_with_it) {
    constexpr uint64_t quota = 256 * 1024;
    auto child = TAKE(Child::create(quota));
    TAKE(child.start([](Words const&) {
        uint64_t bytes = 0;
        auto memory = memory_create(page_size);
        for (; memory.ok(); memory = memory_create(page_size))
            bytes += page_size;
        EXPECT_ANSWER(quota_exceeded, memory_create, memory.error());
        EXPECT(bytes > quota / 4 && bytes < quota);
        EXPECT_ERROR(quota_exceeded, memory_create, 16 << 20);
    }));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::exited);
    EXPECT_EQUAL(end.quota_limit, end.quota_used); // the rest is back where it came from
    EXPECT(end.quota_used < quota / 2); // its memory is gone although the process is known
}

TEST(process, destroy_ends_another) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        while (true)
            static_cast<void>(thread_sleep(forever));
    }));
    sleep_for(5 * millisecond);
    EXPECT_EQUAL(TAKE(information_of(child.process().index())).threads, 1);
    EXPECT_OK(process_destroy, child.process().index(), 42);
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::killed);
    EXPECT_EQUAL(end.status, 42);
    EXPECT_EQUAL(end.threads, 0);
    EXPECT_OK(process_destroy, child.process().index(), 43);
    EXPECT_EQUAL(TAKE(child.process().information()).status, 42);
}

TEST(process, destroy_stops_one_that_runs) {
    auto child = TAKE(Child::create());
    TAKE(child.start(
        [](Words const&) {
            while (true)
                asm volatile("");
        },
        {}, inherited().priority - 1));
    while (TAKE(information_of(child.process().index())).processor_time == 0)
        sleep_for(millisecond);
    EXPECT_OK(process_destroy, child.process().index(), 0);
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::killed);
    EXPECT(end.processor_time > 0);
    sleep_for(2 * millisecond);
    EXPECT_EQUAL(TAKE(information_of(child.process().index())).processor_time, end.processor_time);
}

TEST(process, may_end_itself) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) { static_cast<void>(process_destroy(self_process, 77)); }));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::exited);
    EXPECT_EQUAL(end.status, 77);
}

TEST(process, end_sets_the_bits_of_the_badge) {
    auto const plain = MUST(notification_create);
    auto const badged = TAKE(copy(plain, notification_permission::signal, 0x50));
    auto const process = MUST(process_create, usual, 0, 'x', 0, badged, 0);
    EXPECT_ERROR(timed_out, notification_wait, plain, at_once);
    EXPECT_OK(process_destroy, process, 0);
    EXPECT_EQUAL(MUST(notification_wait, plain, at_once), 0x50);
    EXPECT_OK(capability_delete, process);
    EXPECT_ERROR(timed_out, notification_wait, plain, at_once);
}

TEST(process, last_capability_ends_one_without_threads) {
    auto const ended = MUST(notification_create);
    auto const process = MUST(process_create, usual, 0, 'x', 0, ended, 0);
    EXPECT_OK(capability_delete, process);
    EXPECT_EQUAL(MUST(notification_wait, ended, at_once), 1);
}

TEST(process, destroy_wants_the_permission) {
    auto const process = TAKE(empty_process());
    auto const weak = TAKE(copy(process, process_permission::control | process_permission::read));
    EXPECT_ERROR(permission_denied, process_destroy, weak, 0);
    EXPECT_ERROR(invalid_capability, process_destroy, empty_slot, 0);
    EXPECT_ERROR(invalid_capability, process_destroy, 0, 0);
    EXPECT_ERROR(wrong_type, process_destroy, MUST(endpoint_create), 0);
    EXPECT_EQUAL(TAKE(information_of(process)).state, Process_state::alive);
}

TEST(process, information_wants_the_permission) {
    auto const process = TAKE(empty_process());
    auto const weak =
        TAKE(copy(process, process_permission::control | process_permission::destroy));
    EXPECT_ERROR(permission_denied, process_information, weak);
    EXPECT_ERROR(invalid_capability, process_information, empty_slot);
    EXPECT_ERROR(wrong_type, process_information, MUST(endpoint_create));
}

TEST(process, capabilities_go_with_it) {
    auto const before = TAKE(system_counters());
    auto const process = TAKE(empty_process());
    for (int i = 0; i < 200; ++i) {
        auto const endpoint = MUST(endpoint_create);
        EXPECT_OK(capability_copy, process, endpoint, all_permissions, 0);
        EXPECT_OK(capability_delete, endpoint);
    }
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::endpoint)],
                 before.objects[number(Object_type::endpoint)] + 200);
    EXPECT_OK(process_destroy, process, 0);
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::endpoint)],
                 before.objects[number(Object_type::endpoint)]);
}

// Each holds the last capability to the next.
TEST(process, long_chain_ends_in_one_call) {
    constexpr int length = 300;
    auto const before = TAKE(system_counters());
    Capability_index next = 0;
    for (int i = 0; i < length; ++i) {
        auto const process = MUST(process_create, 20 * 1024, 0, 'c', 0, 0, 0);
        if (next != 0) {
            EXPECT_OK(capability_copy, process, next, all_permissions, 0);
            EXPECT_OK(capability_delete, next);
        }
        next = process;
    }
    EXPECT_OK(capability_delete, next);
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::process)],
                 before.objects[number(Object_type::process)]);
}

// What a child made out of its own quota goes with it.
TEST(process, quota_returns_with_that_of_grandchildren) {
    uint64_t used = 0;
    for (int round = 0; round < 3; ++round) { // after the first, nothing new stays mapped
        if (round != 0)
            EXPECT_EQUAL(TAKE(quota_used()), used);
        auto child = TAKE(Child::create(2 << 20));
        TAKE(child.start([](Words const&) {
            EXPECT_OK(process_create, 1 << 20, 0, 'g', 0, 0, 0);
            EXPECT_OK(process_create, 64 * 1024, 0, 'g', 0, 0, 0);
        }));
        EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
        child.end();
        used = TAKE(quota_used());
    }
}

} // namespace
