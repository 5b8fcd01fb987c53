// SPDX-License-Identifier: MIT
// What is left when a process is gone: nothing.
#include "framework/counters.hpp"
#include "tests/common.hpp"

namespace {

using namespace conformance;

// Slots of the child that does everything: its parent's process, an endpoint that the parent
// receives at, a notification of the parent's.
struct Gifts {
    Capability_index parent, endpoint, ready;
};

void use_memory() {
    constexpr uint64_t pages = 20;
    auto const memory = MUST(memory_create, pages * page_size);
    uint64_t const at = layout::fresh_addresses(pages * page_size);
    EXPECT_OK(memory_map, self_process, memory, at, 0, pages * page_size, read_write);
    write_byte(at, 1);
    auto const copied = MUST(memory_copy, memory, 0, pages * page_size);
    uint64_t const other = layout::fresh_addresses(pages * page_size);
    EXPECT_OK(memory_map, self_process, copied, other, 0, pages * page_size, read_write);
    write_byte(other + page_size, 1);
    write_byte(at + 2 * page_size, 1);
    EXPECT_OK(memory_unmap, self_process, at + 7 * page_size, 3 * page_size);
    EXPECT_OK(capability_delete, memory); // the mappings keep it
}

// A process that holds itself, and its maker's process: nobody else will end it.
void make_process(Capability_index ours) {
    auto const process = MUST(process_create, 100 * 1024, 0, 'g', 0, 0, 0);
    EXPECT_OK(capability_copy, process, process, all_permissions, 0);
    EXPECT_OK(capability_copy, process, ours, all_permissions, 0);
    auto const memory = MUST(memory_create, page_size);
    EXPECT_OK(memory_map, process, memory, user_begin, 0, page_size, read_only);
    auto const thread = MUST(thread_create, process, user_begin, user_end, 0, lowest_priority,
                             user_begin + 8 * page_size);
    EXPECT_OK(capability_delete, thread);
    EXPECT_OK(capability_delete, process);
}

// Ends nowhere: it is killed in the middle of it all.
void do_everything(Words const& words) {
    Gifts const gifts{static_cast<Capability_index>(words[0]),
                      static_cast<Capability_index>(words[1]),
                      static_cast<Capability_index>(words[2])};
    TAKE(keep_to_one_processor()); // others_wait() needs a thread for each
    auto const endpoint = MUST(endpoint_create);
    auto const notification = MUST(notification_create);
    auto const bound = MUST(notification_create);
    EXPECT_OK(endpoint_bind, endpoint, bound);
    use_memory();
    make_process(self_process);
    EXPECT_OK(capability_copy, gifts.parent, notification, all_permissions, 3);
    while (copy(notification, all_permissions).value() < 150) { // more than one page of slots
    }
    Peer receiving{[&] { (void)endpoint_receive(endpoint, reply_create().value(), forever); }};
    Peer waiting{[&] { (void)notification_wait(notification, forever); }};
    Peer calling{[&] { (void)call_with(gifts.endpoint, 0); }}; // received: waits for the answer
    Peer queued{[&] { (void)call_with(gifts.endpoint, 1); }};
    Peer sleeping{[] { (void)thread_sleep(after(1000 * second)); }};
    TAKE(receiving.start());
    TAKE(waiting.start());
    TAKE(calling.start());
    TAKE(queued.start());
    TAKE(sleeping.start());
    EXPECT(others_wait());
    auto const never_comes = MUST(notification_create);
    EXPECT_OK(notification_signal, gifts.ready); // from here on it may be on its way out
    (void)notification_wait(never_comes, forever);
}

// Runs it, kills it in the middle, and gives back what it passed on.
void run_and_kill() {
    auto const endpoint = MUST(endpoint_create);
    auto const ready = MUST(notification_create);
    auto const reply = MUST(reply_create);
    {
        auto child = TAKE(Child::create(1024 * 1024));
        uint64_t const parent = TAKE(child.give(self_process));
        uint64_t const theirs = TAKE(child.give(endpoint, endpoint_permission::call));
        uint64_t const signals = TAKE(child.give(ready));
        TAKE(child.start(do_everything, {parent, theirs, signals}));
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        EXPECT_OK(notification_wait, ready, soon());
        EXPECT_OK(process_destroy, child.process().index(), 0);
        EXPECT_ERROR(no_caller, endpoint_reply, reply, Message_tag{}, 0, 0, 0, 0);
        EXPECT_ERROR(timed_out, endpoint_receive, endpoint, reply, at_once);
    }
    for (Capability_index slot = 2; slot < 60; ++slot) {
        auto const information = capability_information(slot);
        if (information.ok() && information.value().badge == 3)
            EXPECT_OK(capability_delete, slot); // the child's
    }
    EXPECT_OK(capability_delete, endpoint);
    EXPECT_OK(capability_delete, ready);
    EXPECT_OK(capability_delete, reply);
}

TEST(process, destroying_returns_every_byte) {
    run_and_kill(); // the kernel's own tables grow once
    auto const before = TAKE(count(inherited().system));
    for (int round = 0; round < 3; ++round) {
        run_and_kill();
        auto const after_it = TAKE(count(inherited().system));
        EXPECT(after_it == before);
        if (!(after_it == before))
            describe(before, after_it);
    }
}

TEST(process, lives_no_longer_than_its_maker) {
    auto const processes = TAKE(system_counters()).objects[number(Object_type::process)];
    auto const used = TAKE(quota_used());
    for (int round = 0; round < 2; ++round) {
        auto const maker = TAKE(Child::create(512 * 1024));
        auto child = TAKE(Child::create(512 * 1024));
        TAKE(child.start([](Words const&) {
            make_process(self_process);
            make_process(self_process);
        }));
        EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    }
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::process)], processes);
    EXPECT(TAKE(quota_used()) - used <= 2 * page_size);
}

TEST(process, end_of_the_maker_is_told_of_the_made) {
    auto const notification = MUST(notification_create);
    auto child = TAKE(Child::create(512 * 1024));
    auto const way = TAKE(child.give(self_process));
    auto const told = TAKE(child.give(notification, notification_permission::signal, 0x40));
    TAKE(child.start(
        [](Words const& words) {
            auto const made = MUST(process_create, 64 * 1024, 0, 'm', 0,
                                   static_cast<Capability_index>(words[1]), 0);
            EXPECT_OK(capability_copy, static_cast<Capability_index>(words[0]), made,
                      process_permission::read, 0);
            (void)thread_sleep(forever);
        },
        {way, told}));
    EXPECT(others_wait());
    EXPECT_ERROR(timed_out, notification_wait, notification, at_once);
    EXPECT_OK(process_destroy, child.process().index(), 0);
    EXPECT_EQUAL(MUST(notification_wait, notification, soon()), 0x40);
    for (Capability_index slot = 2; slot < 60; ++slot) {
        auto const information = capability_information(slot);
        if (information.ok() && information.value().type == number(Object_type::process) &&
            information.value().permissions == process_permission::read)
            EXPECT_EQUAL(TAKE(information_of(slot)).state, Process_state::killed);
    }
}

} // namespace
