// SPDX-License-Identifier: MIT
// Time, counters, console, log, interrupts and the machine.
#include "tests/common.hpp"

#include <string.h>
#include <string_view>

namespace {

using namespace conformance;

Capability_index own_system() { return inherited().system; }

Result<Capability_index> system_with(Permissions permissions) {
    return copy(own_system(), permissions);
}

// The platform's console of last resort is there in the initial domain only.
bool has_platform_console() { return console_write(own_system(), 0).ok(); }

TEST(clock, never_runs_backwards) {
    uint64_t last = 0;
    bool forward = true;
    for (int i = 0; i < 20000; ++i) {
        uint64_t const now = MUST(clock_read).now;
        forward = forward && now >= last;
        last = now;
    }
    EXPECT(forward);
}

TEST(clock, goes_on_while_others_run) {
    uint64_t const begin = MUST(clock_read).now;
    EXPECT_OK(thread_sleep, begin + 20 * millisecond);
    EXPECT(MUST(clock_read).now >= begin + 20 * millisecond);
}

TEST(clock, tells_the_time_of_day) {
    constexpr uint64_t year_2020 = 1'577'836'800 * second;
    constexpr uint64_t year_2100 = 4'102'444'800 * second;
    auto const first = MUST(clock_read);
    EXPECT(first.now + first.wall_offset > year_2020);
    EXPECT(first.now + first.wall_offset < year_2100);
}

TEST(system, information_wants_the_permission) {
    EXPECT_OK(system_information, own_system());
    auto const weak = TAKE(system_with(system_permission::log));
    EXPECT_ERROR(permission_denied, system_information, weak);
    EXPECT_ERROR(invalid_capability, system_information, empty_slot);
    EXPECT_ERROR(wrong_type, system_information, self_process);
}

TEST(system, information_counts) {
    auto const before = TAKE(system_counters());
    for (int i = 0; i < 100; ++i)
        EXPECT_OK(null);
    sleep_for(20 * millisecond);
    auto const now = TAKE(system_counters());
    EXPECT(now.system_calls >= before.system_calls + 100);
    EXPECT(now.kernel_entries >= before.kernel_entries + (now.system_calls - before.system_calls));
    EXPECT(now.platform_calls > before.platform_calls);
    EXPECT(now.timer_interrupts > before.timer_interrupts);
    EXPECT(now.events > before.events);
    EXPECT_EQUAL(now.total_frames, before.total_frames);
    EXPECT_EQUAL(now.kernel_frames, before.kernel_frames);
    EXPECT(now.free_frames + now.kernel_frames + now.page_tables < now.total_frames);
}

TEST(system, information_knows_every_object) {
    auto const before = TAKE(system_counters());
    auto const samples = TAKE(make_samples());
    auto const now = TAKE(system_counters());
    for (auto const type : {Object_type::process, Object_type::thread, Object_type::endpoint,
                            Object_type::notification, Object_type::memory, Object_type::reply})
        EXPECT_EQUAL(now.objects[number(type)], before.objects[number(type)] + 1);
    EXPECT_EQUAL(now.objects[number(Object_type::system)], 1);
    EXPECT_OK(process_destroy, samples.process, 0);
}

TEST(system, shutdown_wants_the_permission_and_a_reason) {
    auto const weak = TAKE(system_with(system_permission::information));
    EXPECT_ERROR(permission_denied, system_shutdown, weak, 0);
    EXPECT_ERROR(invalid_capability, system_shutdown, empty_slot, 0);
    EXPECT_ERROR(wrong_type, system_shutdown, self_process, 0);
    EXPECT_ERROR(invalid_argument, system_shutdown, own_system(), 3);
    EXPECT_ERROR(invalid_argument, system_shutdown, own_system(), ~uint64_t{0});
    TESTED_ELSEWHERE(
        none, system_shutdown,
        "qemu-tests/tests/life_cycle.py: poweroff and reboot, typed in a domU"); // by every
                                                                                 // machine's end
}

TEST(console, write_wants_the_permission) {
    auto const weak = TAKE(system_with(system_permission::information));
    EXPECT_ERROR(permission_denied, console_write, weak, 0);
    EXPECT_ERROR(invalid_capability, console_write, empty_slot, 0);
    EXPECT_ERROR(wrong_type, console_write, self_process, 0);
    EXPECT_ERROR(invalid_argument, console_write, own_system(), 2049);
    EXPECT_ERROR(invalid_argument, console_write, own_system(), ~uint64_t{0});
    EXPECT_ERROR(permission_denied, console_read, weak);
    EXPECT_ERROR(invalid_capability, console_read, empty_slot);
    EXPECT_ERROR(wrong_type, console_read, self_process);
}

TEST(console, of_last_resort) {
    if (!has_platform_console()) {
        TESTED_ELSEWHERE(none, console_write, "conformance/tests/system.cpp: of_last_resort");
        TESTED_ELSEWHERE(none, console_read, "conformance/tests/system.cpp: of_last_resort");
        SKIP("the platform has a console ring instead");
    }
    TESTED_ELSEWHERE(not_supported, console_write,
                     "conformance/tests/system.cpp: ring_instead_of_one_of_last_resort");
    TESTED_ELSEWHERE(not_supported, console_read,
                     "conformance/tests/system.cpp: ring_instead_of_one_of_last_resort");
    constexpr std::string_view text{"# written by console_write\n"};
    memcpy(message_buffer().words, text.data(), text.size());
    EXPECT_OK(console_write, own_system(), text.size());
    EXPECT_OK(console_write, own_system(), 0);
    EXPECT_EQUAL(MUST(console_read, own_system()), 0);
}

TEST(console, ring_instead_of_one_of_last_resort) {
    if (has_platform_console())
        SKIP("the platform has no console ring");
    EXPECT_ERROR(not_supported, console_write, own_system(), 1);
    EXPECT_ERROR(not_supported, console_read, own_system());
}

TEST(log, read_wants_the_permission) {
    auto const weak = TAKE(system_with(system_permission::information));
    EXPECT_ERROR(permission_denied, log_read, weak, 0);
    EXPECT_ERROR(invalid_capability, log_read, empty_slot, 0);
    EXPECT_ERROR(wrong_type, log_read, self_process, 0);
}

// Faults a child, which the kernel logs; answers where the log ended before.
Result<uint64_t> cause_log_text() {
    uint64_t position = 0;
    for (auto part = TRY(log_read(own_system(), position)); part.size != 0;
         part = TRY(log_read(own_system(), position)))
        position = part.next;
    auto child = TRY(Child::create());
    TRY_VOID(child.start([](Words const&) { write_byte(8, 0); }));
    (void)TRY(child.wait());
    return position;
}

TEST(log, read_answers_what_the_kernel_said) {
    uint64_t const position = TAKE(cause_log_text());
    auto const part = MUST(log_read, own_system(), position);
    EXPECT(part.size > 0 && part.size <= sizeof message_buffer().words);
    EXPECT_EQUAL(part.next, position + part.size);
    std::string_view const text{reinterpret_cast<char const*>(message_buffer().words), part.size};
    EXPECT(text.find("page fault") != text.npos);
}

TEST(log, read_beyond_the_end) {
    uint64_t position = 0;
    for (auto part = MUST(log_read, own_system(), position); part.size != 0;
         part = MUST(log_read, own_system(), position))
        position = part.next;
    EXPECT_EQUAL(MUST(log_read, own_system(), position).next, position);
    EXPECT_EQUAL(MUST(log_read, own_system(), position + 1'000'000).size, 0);
    EXPECT_EQUAL(MUST(log_read, own_system(), ~uint64_t{0}).size, 0);
}

TEST(log, bind_wants_the_permissions) {
    auto const weak = TAKE(system_with(system_permission::information));
    auto const bell = MUST(notification_create);
    auto const mute = TAKE(copy(bell, notification_permission::wait));
    EXPECT_ERROR(permission_denied, log_bind, weak, bell);
    EXPECT_ERROR(permission_denied, log_bind, own_system(), mute);
    EXPECT_ERROR(invalid_capability, log_bind, empty_slot, bell);
    EXPECT_ERROR(invalid_capability, log_bind, own_system(), empty_slot);
    EXPECT_ERROR(wrong_type, log_bind, self_process, bell);
    EXPECT_ERROR(wrong_type, log_bind, own_system(), self_process);
}

TEST(interrupt, wants_the_capabilities) {
    auto const bell = MUST(notification_create);
    auto const mute = TAKE(copy(bell, notification_permission::wait));
    EXPECT_ERROR(invalid_capability, interrupt_bind, empty_slot, bell);
    EXPECT_ERROR(wrong_type, interrupt_bind, bell, bell);
    EXPECT_ERROR(invalid_capability, interrupt_acknowledge, empty_slot);
    EXPECT_ERROR(wrong_type, interrupt_acknowledge, bell);
    EXPECT_ERROR(invalid_capability, interrupt_raise, empty_slot);
    EXPECT_ERROR(wrong_type, interrupt_raise, bell);
    if (inherited().interrupt == 0)
        SKIP("the suite was given no interrupt");
    EXPECT_ERROR(invalid_capability, interrupt_bind, inherited().interrupt, empty_slot);
    EXPECT_ERROR(wrong_type, interrupt_bind, inherited().interrupt, self_process);
    EXPECT_ERROR(permission_denied, interrupt_bind, inherited().interrupt, mute);
}

TEST(interrupt, of_the_console) {
    if (inherited().interrupt == 0)
        SKIP("the suite was given no interrupt");
    EXPECT_OK(interrupt_acknowledge, inherited().interrupt);
    if (has_platform_console()) {
        TESTED_ELSEWHERE(none, interrupt_raise, "conformance/tests/system.cpp: of_the_console");
        EXPECT_ERROR(not_supported, interrupt_raise, inherited().interrupt);
    } else {
        TESTED_ELSEWHERE(not_supported, interrupt_raise,
                         "conformance/tests/system.cpp: of_the_console");
        EXPECT_OK(interrupt_raise, inherited().interrupt);
    }
}

// Quotas are carved from what the machine has: whoever uses up its own leaves frames to others. So
// answers to a lack of frames are for host units (shortage_test.cpp and others).
TEST(system, quotas_are_used_up_before_frames) {
    for (uint64_t bytes = 4 << 20; bytes >= page_size;) {
        auto const memory = memory_create(bytes);
        if (memory.ok())
            continue;
        EXPECT_ANSWER(quota_exceeded, memory_create, memory.error());
        bytes /= 2;
    }
    EXPECT(TAKE(system_counters()).free_frames > 0);
    TESTED_ELSEWHERE(out_of_memory, process_create, "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, group_create, "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, thread_create, "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, endpoint_create,
                     "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, reply_create, "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(
        out_of_memory, endpoint_call,
        "hostunit/kernel/shortage_test.cpp: messages_with_capabilities_say_so_to_who_sends");
    TESTED_ELSEWHERE(
        out_of_memory, endpoint_reply,
        "hostunit/kernel/shortage_test.cpp: messages_with_capabilities_say_so_to_who_sends");
    TESTED_ELSEWHERE(
        out_of_memory, endpoint_reply_receive,
        "hostunit/kernel/shortage_test.cpp: messages_with_capabilities_say_so_to_who_sends");
    TESTED_ELSEWHERE(out_of_memory, notification_create,
                     "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, memory_create, "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, memory_create_for,
                     "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, memory_copy, "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(
        out_of_memory, memory_unmap,
        "hostunit/kernel/shortage_test.cpp: unmapping_that_needs_a_record_changes_nothing");
    TESTED_ELSEWHERE(out_of_memory, memory_map, "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, capability_copy,
                     "hostunit/kernel/shortage_test.cpp: of_frames");
    TESTED_ELSEWHERE(out_of_memory, clock_page,
                     "hostunit/kernel/system_test.cpp: the_clock_page_when_no_frame_is_left");
    TESTED_ELSEWHERE(out_of_memory, processor_accounts,
                     "hostunit/kernel/shortage_test.cpp: processors_are_opened_by_who_has_room");
    TESTED_ELSEWHERE(out_of_memory, process_accounts,
                     "hostunit/kernel/accounting_test.cpp: a_missing_frame_leaves_nothing_behind");
}

// The last tests: they take the console's interrupt and the kernel's messages from the servers,
// which on a console ring could not print any more.

TEST(last, interrupt_is_bound) {
    if (!has_platform_console() || inherited().interrupt == 0) {
        TESTED_ELSEWHERE(none, interrupt_bind, "conformance/tests/system.cpp: interrupt_is_bound");
        SKIP("the console server needs its interrupt");
    }
    EXPECT_OK(interrupt_bind, inherited().interrupt, MUST(notification_create));
    EXPECT_OK(interrupt_bind, inherited().interrupt, 0);
}

TEST(last, log_is_bound) {
    if (!has_platform_console()) {
        TESTED_ELSEWHERE(none, log_bind, "conformance/tests/system.cpp: log_is_bound");
        SKIP("the kernel's messages would mix with the console server's");
    }
    auto const bell = MUST(notification_create);
    EXPECT_OK(log_bind, own_system(), TAKE(copy(bell, notification_permission::signal, 0x40)));
    TAKE(cause_log_text());
    EXPECT_EQUAL(MUST(notification_wait, bell, soon()), 0x40);
    EXPECT_OK(log_bind, own_system(), 0);
}

} // namespace
