// SPDX-License-Identifier: MIT
// Processes, threads and the capabilities they hold.
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <cstring>

namespace kernel {
namespace {

using namespace abi;

class Processes : public Kernel_test {
protected:
    Process_information information(Slot slot) {
        EXPECT_EQ(call(Call::process_information, {slot}).error, Error::none);
        Process_information found;
        std::memcpy(&found, current()->buffer().words, sizeof found);
        return found;
    }
};

TEST_F(Processes, a_new_one_holds_itself_and_nothing_else) {
    Child const child = spawn();
    run(*child.thread);
    Answer const self = call(Call::capability_information, {self_process});
    EXPECT_EQ(self[0], static_cast<uint64_t>(Object_type::process));
    EXPECT_EQ(self[1], process_permission::all);
    for (Slot slot = 2; slot < 400; ++slot)
        EXPECT_EQ(call(Call::capability_information, {slot}).error, Error::invalid_capability);
}

TEST_F(Processes, its_quota_comes_out_of_its_makers_and_returns) {
    uint64_t const before = root_quota().used();
    Slot const slot = make(Call::process_create, {child_bytes, 0, 0, 0, 0});
    EXPECT_GE(root_quota().used(), before + child_bytes);
    EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
    EXPECT_EQ(root_quota().used() % page_size, before % page_size);
    EXPECT_LE(root_quota().used(), before + page_size); // the table's first page
}

TEST_F(Processes, a_quota_that_is_not_there_cannot_be_given) {
    for (uint64_t const bytes : {root_bytes, ~uint64_t{0}, ~uint64_t{0} - 63, uint64_t{1} << 63})
        EXPECT_EQ(call(Call::process_create, {bytes, 0, 0, 0, 0}).error, Error::quota_exceeded);
    EXPECT_EQ(call(Call::process_create, {100, 0, 0, 0, 0}).error, Error::invalid_argument);
    EXPECT_EQ(call(Call::process_create, {child_bytes, 2, 0, 0, 0}).error, Error::invalid_argument);
}

TEST_F(Processes, a_name_shows_no_control_characters) {
    uint64_t low, high;
    std::memcpy(&low, "a\x1b[2Jxyz", 8);
    std::memcpy(&high,
                "\xff"
                "end!!!!",
                8);
    Slot const slot = make(Call::process_create, {child_bytes, 0, low, high, 0});
    EXPECT_EQ(std::string(information(slot).name, 16), "a?[2Jxyz?end!!!!");
}

TEST_F(Processes, its_end_is_told_with_the_capabilitys_badge) {
    Slot const notification = make(Call::notification_create);
    Slot const badged =
        make(Call::capability_copy, {self_process, notification, all_permissions, 0x100});
    Slot const slot = make(Call::process_create, {child_bytes, 0, 0, 0, badged});
    EXPECT_EQ(call(Call::notification_wait, {notification, 0}).error, Error::timed_out);
    EXPECT_EQ(call(Call::process_destroy, {slot, 42}).error, Error::none);
    EXPECT_EQ(call(Call::notification_wait, {notification, 0})[0], 0x100u);
    EXPECT_EQ(information(slot).state, static_cast<uint64_t>(Process_state::killed));
    EXPECT_EQ(information(slot).status, 42u);
    EXPECT_EQ(call(Call::process_destroy, {slot, 43}).error, Error::none);
    EXPECT_EQ(information(slot).status, 42u) << "it ends once";
}

TEST_F(Processes, one_that_ends_itself_has_exited) {
    Child const child = spawn();
    run(*child.thread);
    call(Call::process_destroy, {self_process, 7});
    run(root());
    EXPECT_EQ(information(child.slot).state, static_cast<uint64_t>(Process_state::exited));
    EXPECT_EQ(information(child.slot).status, 7u);
    EXPECT_EQ(information(child.slot).threads, 0u);
    EXPECT_TRUE(child.thread->ended());
}

TEST_F(Processes, nothing_can_be_done_with_one_that_has_ended) {
    Child const child = spawn();
    Slot const memory = make(Call::memory_create, {page_size});
    call(Call::process_destroy, {child.slot, 0});
    EXPECT_EQ(call(Call::thread_create, {child.slot, 0x10000, 0x20000, 0, 0, 0x500000}).error,
              Error::peer_died);
    EXPECT_EQ(call(Call::memory_map, {child.slot, memory, 0x500000, 0, page_size, 1}).error,
              Error::peer_died);
    EXPECT_EQ(call(Call::memory_unmap, {child.slot, 0x500000, page_size}).error, Error::peer_died);
    EXPECT_EQ(call(Call::capability_copy, {child.slot, memory, 7, 0}).error, Error::peer_died);
    EXPECT_EQ(call(Call::thread_set_priority, {child.thread_slot, 1}).error, Error::peer_died);
    EXPECT_EQ(call(Call::thread_destroy, {child.thread_slot}).error, Error::none);
}

// A holds the last capability to B, B to C, and so on: none may end inside another.
TEST_F(Processes, a_long_line_of_them_ends_in_little_stack) {
    constexpr unsigned length = 150;
    Slot first = 0, previous = 0;
    for (unsigned i = 0; i < length; ++i) {
        Slot const slot = make(Call::process_create, {24 * 1024, 0, 0, 0, 0});
        if (previous) {
            make(Call::capability_copy, {previous, slot, all_permissions, 0});
            if (previous != first) {
                EXPECT_EQ(call(Call::capability_delete, {previous}).error, Error::none);
            }
        } else {
            first = slot;
        }
        previous = slot;
    }
    EXPECT_EQ(call(Call::capability_delete, {previous}).error, Error::none);
    EXPECT_EQ(object_count(Object_type::process), length + 2);
    call(Call::capability_delete, {first});
    EXPECT_EQ(object_count(Object_type::process), 2u); // the root, and the first of all
    EXPECT_LT(fake::platform().deepest_stack, 16u * 1024) << "as a kernel stack is";
}

// Each makes the next out of its own quota, holds itself, and is held by the one it made.
TEST_F(Processes, one_ends_with_its_maker_in_little_stack) {
    constexpr unsigned length = Quota::deepest - 1;
    Child const first = spawn(8 * 1024 * 1024);
    uint64_t quota = 8 * 1024 * 1024;
    Ref<Thread> thread = first.thread;
    for (unsigned i = 0; i < length; ++i) {
        run(*thread);
        quota -= 64 * 1024;
        Slot const next = make(Call::process_create, {quota, 0, 0, 0, 0});
        make(Call::capability_copy, {next, next, all_permissions, 0});
        make(Call::capability_copy, {next, self_process, all_permissions, 0});
        Slot const slot = make(Call::thread_create,
                               {next, 0x10000, 0x20000, 0, abi::default_priority, buffer_address});
        thread = current()->process().table().find<Thread>(slot, 0).value();
        EXPECT_EQ(call(Call::capability_delete, {next}).error, Error::none);
    }
    thread.reset();
    run(root());
    EXPECT_EQ(object_count(Object_type::process), length + 3);
    uint64_t const used = first.process->quota().used();
    EXPECT_EQ(call(Call::process_destroy, {first.slot, 0}).error, Error::none);
    EXPECT_EQ(object_count(Object_type::process), 3u); // the root, the first of all, and that one
    EXPECT_LT(first.process->quota().used(), used);
    EXPECT_LT(fake::platform().deepest_stack, 16u * 1024) << "as a kernel stack is";
}

// It has the last capability to its maker, which ends in the middle of its end.
TEST_F(Processes, one_takes_its_maker_along) {
    Child maker = spawn(1024 * 1024);
    run(*maker.thread);
    Slot const slot = make(Call::process_create, {child_bytes, 0, 0, 0, 0});
    make(Call::capability_copy, {slot, self_process, all_permissions, 0});
    Slot const thread_slot = make(
        Call::thread_create, {slot, 0x10000, 0x20000, 0, abi::default_priority, buffer_address});
    Ref<Thread> thread = maker.process->table().find<Thread>(thread_slot, 0).value();
    EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
    EXPECT_EQ(call(Call::capability_delete, {thread_slot}).error, Error::none);
    run(root());
    EXPECT_EQ(call(Call::thread_destroy, {maker.thread_slot}).error, Error::none);
    EXPECT_EQ(call(Call::capability_delete, {maker.thread_slot}).error, Error::none);
    EXPECT_EQ(call(Call::capability_delete, {maker.slot}).error, Error::none);
    maker = {};
    forget();
    EXPECT_EQ(object_count(Object_type::process), 4u);
    run(*thread);
    call(Call::process_destroy, {self_process, 0});
    thread.reset();
    EXPECT_EQ(current(), &root());
    EXPECT_EQ(object_count(Object_type::process), 2u);
}

TEST_F(Processes, one_can_end_its_maker_and_so_itself) {
    Child const maker = spawn(1024 * 1024);
    run(*maker.thread);
    Slot const slot = make(Call::process_create, {child_bytes, 0, 0, 0, 0});
    Slot const theirs = make(Call::capability_copy, {slot, self_process, all_permissions, 0});
    Slot const thread_slot = make(
        Call::thread_create, {slot, 0x10000, 0x20000, 0, abi::default_priority, buffer_address});
    Ref<Thread> thread = maker.process->table().find<Thread>(thread_slot, 0).value();
    run(*thread);
    call(Call::process_destroy, {theirs, 5});
    EXPECT_EQ(current(), &root());
    EXPECT_TRUE(thread->ended());
    EXPECT_FALSE(maker.process->alive());
}

TEST_F(Processes, one_that_faults_ends_and_says_where) {
    Child const child = spawn();
    run(*child.thread);
    enter([] { thread_faulted({14, 6, 0x1234, "page fault"}); });
    run(root());
    auto const found = information(child.slot);
    EXPECT_EQ(found.state, static_cast<uint64_t>(Process_state::faulted));
    EXPECT_EQ(found.status, 14u);
    EXPECT_EQ(found.fault_address, 0x1234u);
    EXPECT_EQ(found.fault_code, 6u);
    EXPECT_EQ(found.fault_instruction, 0x10000u);
    EXPECT_NE(fake::platform().console.find("child"), std::string::npos);
}

class Threads : public Kernel_test {};

TEST_F(Threads, a_new_one_begins_where_it_was_told) {
    Child const child = spawn();
    Slot const slot = make(Call::thread_create, {child.slot, 0x12345, 0x54320, 99, 3, 0x700000});
    auto const thread = root_process().table().find<Thread>(slot, 0).value();
    EXPECT_EQ(thread->registers().instruction_pointer(), 0x12345u);
    EXPECT_EQ(thread->registers().stack_pointer(), 0x54320u);
    EXPECT_EQ(thread->registers().word(0), 99u);
    EXPECT_EQ(thread->priority(), 3u);
    EXPECT_EQ(thread->wait, Wait::ready);
}

TEST_F(Threads, arguments_are_checked) {
    Child const child = spawn();
    auto const create = [&](uint64_t entry, uint64_t stack, uint64_t priority, uint64_t buffer) {
        return call(Call::thread_create, {child.slot, entry, stack, 0, priority, buffer}).error;
    };
    EXPECT_EQ(create(0, 0x20000, 1, 0x700000), Error::invalid_argument);
    EXPECT_EQ(create(user_end, 0x20000, 1, 0x700000), Error::invalid_argument);
    EXPECT_EQ(create(uint64_t{1} << 63, 0x20000, 1, 0x700000), Error::invalid_argument);
    EXPECT_EQ(create(0x10000, user_end + 1, 1, 0x700000), Error::invalid_argument);
    EXPECT_EQ(create(0x10000, 0x20000, default_priority + 1, 0x700000), Error::invalid_argument);
    EXPECT_EQ(create(0x10000, 0x20000, ~uint64_t{0}, 0x700000), Error::invalid_argument);
    EXPECT_EQ(create(0x10000, 0x20000, 1, 0x700001), Error::invalid_argument);
    EXPECT_EQ(create(0x10000, 0x20000, 1, user_end), Error::invalid_argument);
    EXPECT_EQ(create(0x10000, 0x20000, 1, buffer_address), Error::already_mapped);
    EXPECT_EQ(create(0x10000, user_end, 1, user_end - page_size), Error::none);
}

TEST_F(Threads, the_message_buffer_goes_with_the_thread) {
    Child const child = spawn();
    EXPECT_EQ(call(Call::memory_unmap, {child.slot, buffer_address, page_size}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::thread_destroy, {child.thread_slot}).error, Error::none);
    EXPECT_EQ(call(Call::memory_unmap, {child.slot, buffer_address, page_size}).error,
              Error::not_mapped);
}

TEST_F(Threads, one_ends_in_whatever_it_waits_for) {
    Child const child = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const notification = make(Call::notification_create);
    Slot const theirs = give(child, endpoint);
    Slot const signalled = give(child, notification);
    auto const end_after = [&](uint64_t number, auto wait) {
        run(root());
        Child const other = spawn_thread(child, number);
        run(*other.thread);
        wait();
        run(root());
        EXPECT_EQ(call(Call::thread_destroy, {other.thread_slot}).error, Error::none);
        EXPECT_TRUE(other.thread->ended());
        EXPECT_EQ(other.thread->references(), 2u) << "only we and the slot hold it";
    };
    end_after(1, [] {});
    end_after(2, [&] { call(Call::thread_sleep, {forever}); });
    end_after(3, [&] { call(Call::thread_sleep, {fake::platform().now + 100}); });
    end_after(4, [&] { call(Call::endpoint_call, {theirs, 0}); });
    end_after(5, [&] { call(Call::notification_wait, {signalled, forever}); });
    end_after(6, [&] { call(Call::notification_wait, {signalled, fake::platform().now + 100}); });
    end_after(7, [&] {
        Slot const reply = make(Call::reply_create);
        call(Call::endpoint_receive, {theirs, reply, fake::platform().now + 100});
    });
    advance(1000); // no deadline of theirs is left
}

TEST_F(Threads, deleting_the_own_capabilities_changes_nothing_for_the_thread) {
    Child const child = spawn();
    call(Call::capability_delete, {child.thread_slot});
    call(Call::capability_delete, {child.slot});
    run(*child.thread);
    EXPECT_EQ(call(Call::null).error, Error::none);
    call(Call::thread_destroy, {0});
    EXPECT_TRUE(child.thread->ended());
}

TEST_F(Threads, the_thread_pointer_is_the_threads) {
    Child const child = spawn();
    EXPECT_EQ(call(Call::thread_set_pointer, {0x1000}).error, Error::none);
    EXPECT_EQ(call(Call::thread_set_pointer, {user_end}).error, Error::invalid_argument);
    EXPECT_EQ(fake::own().thread_pointer, 0x1000u);
    run(*child.thread);
    EXPECT_EQ(fake::own().thread_pointer, 0u);
    run(root());
    EXPECT_EQ(fake::own().thread_pointer, 0x1000u);
}

TEST_F(Threads, unknown_system_calls_are_refused) {
    for (uint64_t const number : {uint64_t{31}, uint64_t{999}, uint64_t{1} << 32, ~uint64_t{0}})
        EXPECT_EQ(call(static_cast<Call>(number)).error, Error::no_such_system_call);
}

class Capabilities : public Kernel_test {};

TEST_F(Capabilities, a_table_has_an_end_and_every_slot_comes_back) {
    Slot const source = make(Call::notification_create);
    uint64_t count = 0;
    Answer last{};
    while ((last = call(Call::capability_copy, {self_process, source, 1, 0})).error == Error::none)
        ++count;
    EXPECT_EQ(last.error, Error::table_full);
    EXPECT_GT(count, 4000u);
    EXPECT_LT(count, Capability_table::most_slots);
    auto const full = usage();
    EXPECT_EQ(call(Call::endpoint_create).error, Error::table_full);
    EXPECT_EQ(call(Call::memory_create, {page_size}).error, Error::table_full);
    EXPECT_EQ(call(Call::process_create, {child_bytes, 0, 0, 0, 0}).error, Error::table_full);
    EXPECT_EQ(usage(), full);
    for (Slot slot = 2; slot < 50; ++slot)
        EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none) << slot;
    EXPECT_EQ(object_count(Object_type::notification), 1u);
}

TEST_F(Capabilities, the_own_process_cannot_be_deleted) {
    EXPECT_EQ(call(Call::capability_delete, {self_process}).error, Error::invalid_argument);
    EXPECT_EQ(call(Call::capability_delete, {0}).error, Error::invalid_capability);
    EXPECT_EQ(call(Call::capability_delete, {50'000}).error, Error::invalid_capability);
    EXPECT_EQ(call(Call::capability_delete, {~0u}).error, Error::invalid_capability);
}

TEST_F(Capabilities, copies_never_gain_permissions) {
    Slot const all = make(Call::notification_create);
    Slot const signal = make(Call::capability_copy, {self_process, all, 1, 0});
    Slot const again = make(Call::capability_copy, {self_process, signal, all_permissions, 0});
    EXPECT_EQ(call(Call::capability_information, {again})[1], notification_permission::signal);
    EXPECT_EQ(call(Call::capability_copy, {self_process, signal, 2, 0}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::capability_copy, {self_process, all, 0, 0}).error,
              Error::invalid_argument);
}

TEST_F(Capabilities, a_badge_is_given_once_and_only_where_it_means_something) {
    Slot const plain = make(Call::endpoint_create);
    Slot const badged = make(Call::capability_copy, {self_process, plain, 3, 5});
    EXPECT_EQ(call(Call::capability_copy, {self_process, badged, 3, 6}).error,
              Error::invalid_argument);
    Slot const copy = make(Call::capability_copy, {self_process, badged, 3, 0});
    EXPECT_EQ(call(Call::capability_information, {copy})[2], 5u);
    Slot const memory = make(Call::memory_create, {page_size});
    EXPECT_EQ(call(Call::capability_copy, {self_process, memory, 7, 1}).error, Error::wrong_type);
}

TEST_F(Capabilities, a_shortage_of_quota_in_the_receiving_process) {
    Child const child = spawn(24 * 1024);
    auto& quota = child.process->quota();
    uint64_t const rest = quota.limit() - quota.used();
    ASSERT_TRUE(quota.charge(rest).ok());
    Slot const source = make(Call::notification_create);
    EXPECT_EQ(call(Call::capability_copy, {child.slot, source, 1, 0}).error, Error::quota_exceeded);
    quota.refund(rest);
}

} // namespace
} // namespace kernel
