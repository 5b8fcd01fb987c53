// SPDX-License-Identifier: MIT
// Threads: making and ending them.
#include "framework/counters.hpp"
#include "tests/common.hpp"

#include <array>

namespace {

using namespace conformance;

constexpr uint64_t kernel_address = 0xffff'8800'0000'0000;
constexpr uint64_t not_canonical = 0x0000'8000'0000'0000;

uint64_t own_priority() { return inherited().priority; }

// thread_create in this process with one argument that is not usual.
struct Wish {
    Capability_index process{self_process};
    uint64_t entry{user_begin};
    uint64_t stack{user_end};
    uint64_t priority{lowest_priority};
    uint64_t buffer{layout::fresh_addresses(page_size)};
};

#define EXPECT_CREATE(wanted, ...)                                                                 \
    do {                                                                                           \
        Wish const wish{__VA_ARGS__};                                                              \
        EXPECT_ERROR(wanted, thread_create, wish.process, wish.entry, wish.stack, 0,               \
                     wish.priority, wish.buffer);                                                  \
    } while (false)

TEST(thread, runs_with_its_argument) {
    int ran = 0;
    Peer peer{[&] { ran = 5; }};
    TAKE(peer.start());
    EXPECT(peer.wait());
    EXPECT_EQUAL(ran, 5);
}

TEST(thread, counts_in_its_process) {
    auto const before = TAKE(information_of(self_process)).threads;
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    EXPECT_EQUAL(TAKE(information_of(self_process)).threads, before + 1);
    EXPECT_OK(thread_destroy, peer.thread());
    EXPECT_EQUAL(TAKE(information_of(self_process)).threads, before);
}

TEST(thread, create_wants_control_of_a_process) {
    TAKE(keep_to_one_processor());
    EXPECT_CREATE(invalid_capability, .process = empty_slot);
    EXPECT_CREATE(invalid_capability, .process = 0);
    EXPECT_CREATE(wrong_type, .process = MUST(endpoint_create));
    EXPECT_CREATE(permission_denied, .process = TAKE(copy(self_process, process_permission::read)));
    EXPECT_CREATE(peer_died, .process = TAKE(ended_process()));
}

TEST(thread, create_wants_user_addresses) {
    for (uint64_t const address :
         {uint64_t{0}, user_begin - 1, user_end, not_canonical, kernel_address, ~uint64_t{0}})
        EXPECT_CREATE(invalid_argument, .entry = address);
    for (uint64_t const address :
         {uint64_t{0}, user_begin - 1, user_end + 1, not_canonical, kernel_address, ~uint64_t{0}})
        EXPECT_CREATE(invalid_argument, .stack = address);
    for (uint64_t const address : {uint64_t{0}, user_begin - page_size, user_end, not_canonical,
                                   kernel_address, user_begin + 8, ~uint64_t{0}})
        EXPECT_CREATE(invalid_argument, .buffer = address);
}

TEST(thread, create_wants_a_priority_below_the_own) {
    EXPECT_CREATE(invalid_argument, .priority = own_priority() + 1);
    EXPECT_CREATE(invalid_argument, .priority = highest_priority + 1);
    EXPECT_CREATE(invalid_argument, .priority = ~uint64_t{0});
}

TEST(thread, create_wants_a_free_page_for_the_buffer) {
    auto const before = TAKE(information_of(self_process));
    EXPECT_CREATE(already_mapped, .buffer = TAKE(fresh_memory(page_size)));
    EXPECT_CREATE(already_mapped, .buffer = layout::buffer);
    EXPECT_CREATE(already_mapped, .buffer = report_address);
    EXPECT_EQUAL(TAKE(information_of(self_process)).threads, before.threads);
}

TEST(thread, create_is_paid_by_the_new_ones_process) {
    TAKE(keep_to_one_processor());
    auto const process = TAKE(empty_process());
    EXPECT_CREATE(none, .process = process); // the own table has its page, the other its tables
    auto const own = TAKE(quota_used());
    auto const other = TAKE(information_of(process)).quota_used;
    EXPECT_CREATE(none, .process = process);
    EXPECT_EQUAL(TAKE(quota_used()), own);
    EXPECT(TAKE(information_of(process)).quota_used > other + page_size);
    EXPECT_OK(process_destroy, process, 0);
}

TEST(thread, create_beyond_the_quota) {
    TAKE(keep_to_one_processor());
    auto const process = TAKE(empty_process(32 * 1024));
    Error error = Error::none;
    uint64_t used = 0;
    while (error == Error::none) {
        used = TAKE(information_of(process)).quota_used;
        error = thread_create(process, user_begin, user_end, 0, lowest_priority,
                              layout::fresh_addresses(page_size))
                    .error();
    }
    EXPECT_ANSWER(quota_exceeded, thread_create, error);
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, used);
    EXPECT_OK(process_destroy, process, 0);
}

TEST(thread, destroy_ends_another_wherever_it_is) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    auto const notification = MUST(notification_create);
    Peer sleeping{[] { static_cast<void>(thread_sleep(forever)); }};
    Peer receiving{[&] { static_cast<void>(endpoint_receive(endpoint, reply, forever)); }};
    Peer waiting{[&] { static_cast<void>(notification_wait(notification, forever)); }};
    Peer running{[] {
        while (true)
            asm volatile("");
    }};
    TAKE(sleeping.start());
    TAKE(receiving.start());
    TAKE(waiting.start());
    TAKE(running.start(own_priority() - 1));
    sleep_for(5 * millisecond);
    EXPECT_OK(thread_destroy, sleeping.thread());
    EXPECT_OK(thread_destroy, receiving.thread());
    EXPECT_OK(thread_destroy, waiting.thread());
    EXPECT_OK(thread_destroy, running.thread());
    EXPECT_EQUAL(TAKE(information_of(self_process)).threads, 1);
    EXPECT_OK(thread_destroy, sleeping.thread()); // once more
}

TEST(thread, destroy_of_a_caller_in_the_queue) {
    auto const endpoint = MUST(endpoint_create);
    Peer caller{[&] { static_cast<void>(call_with(endpoint, 1)); }};
    TAKE(caller.start());
    EXPECT(others_wait());
    EXPECT_OK(thread_destroy, caller.thread());
    EXPECT_ERROR(timed_out, endpoint_receive, endpoint, MUST(reply_create), at_once);
}

TEST(thread, destroy_of_itself) {
    bool after = false;
    Peer peer{[&] {
        static_cast<void>(thread_destroy(0));
        after = true;
    }};
    TAKE(peer.start());
    EXPECT(others_wait());
    EXPECT_EQUAL(TAKE(information_of(self_process)).threads, 1);
    EXPECT(!after);
}

TEST(thread, destroy_unmaps_the_buffer) {
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    auto const buffer = number(&peer.buffer());
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, buffer, page_size);
    EXPECT_OK(thread_destroy, peer.thread());
    EXPECT_ERROR(not_mapped, memory_unmap, self_process, buffer, page_size);
}

TEST(thread, destroy_wants_the_permission) {
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    EXPECT_ERROR(invalid_capability, thread_destroy, empty_slot);
    EXPECT_ERROR(wrong_type, thread_destroy, self_process);
    EXPECT_ERROR(permission_denied, thread_destroy,
                 TAKE(copy(peer.thread(), thread_permission::schedule)));
}

TEST(thread, process_stays_without_threads) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) { static_cast<void>(thread_destroy(0)); }));
    EXPECT_EQUAL(child.wait(20 * millisecond).error(), Error::timed_out);
    auto const left = TAKE(child.process().information());
    EXPECT_EQUAL(left.state, Process_state::alive);
    EXPECT_EQUAL(left.threads, 0);
}

TEST(thread, thousands_leave_nothing_behind) {
    TAKE(keep_to_one_processor());
    auto const process = TAKE(empty_process(128 * 1024));
    auto const buffer = layout::fresh_addresses(page_size);
    auto const one = MUST(thread_create, process, user_begin, user_end, 0, lowest_priority, buffer);
    EXPECT_OK(thread_destroy, one);
    EXPECT_OK(capability_delete, one);
    auto const used = TAKE(information_of(process)).quota_used;
    auto const before = TAKE(system_counters());
    for (int i = 0; i < 3000; ++i) {
        auto const thread =
            MUST(thread_create, process, user_begin, user_end, 0, lowest_priority, buffer);
        EXPECT_OK(thread_destroy, thread);
        EXPECT_OK(capability_delete, thread);
    }
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, used);
    EXPECT_EQUAL(TAKE(system_counters()).free_frames, before.free_frames);
    EXPECT_OK(process_destroy, process, 0);
}

// Lies in memory of the test; entered like a function, with its address.
struct Joined {
    Capability_index ended; // signalled at its end
    Thread_control_block block;
    unsigned ran;

    static void run(Joined* self) {
        static_cast<void>(thread_set_pointer(number(&self->block)));
        ++self->ran;
        static_cast<void>(notification_signal(self->ended));
        while (true)
            static_cast<void>(thread_destroy(0));
    }
};

TEST(thread, a_thousand_run_and_joined_leave_nothing_behind) {
    TAKE(keep_to_one_processor()); // for time: a processor that sleeps wakes slowly
    auto const buffer = layout::fresh_addresses(page_size);
    auto const stack = TAKE(fresh_memory(page_size)) + page_size - 8; // as after a call
    Joined joined{MUST(notification_create), {}, 0};
    joined.block.message_buffer = reinterpret_cast<Message_buffer*>(buffer);
    Counters before{};
    for (unsigned i = 0; i < 1001; ++i) {
        if (i == 1) // the first has made the page tables
            before = TAKE(count(inherited().system));
        auto const thread = MUST(thread_create, self_process, number(&Joined::run), stack,
                                 number(&joined), own_priority(), buffer);
        MUST(notification_wait, joined.ended, soon());
        EXPECT_OK(thread_destroy, thread); // it may still be on its way out
        EXPECT_OK(capability_delete, thread);
    }
    auto const after = TAKE(count(inherited().system));
    EXPECT_EQUAL(joined.ran, 1001);
    EXPECT(before == after);
    describe(before, after);
}

TEST(thread, pointer_belongs_to_the_thread) {
    TAKE(keep_to_one_processor());
    struct Block {
        Block* self;
    };
    std::array<Block, 3> blocks{};
    std::array<bool, 3> kept{true, true, true};
    uint64_t const begin = TAKE(system_counters()).thread_switches;
    auto const body = [&](unsigned i) {
        auto const own = number(&current_thread());
        blocks[i].self = &blocks[i];
        static_cast<void>(thread_set_pointer(number(&blocks[i])));
        for (int round = 0; round < 200; ++round) {
            static_cast<void>(thread_yield());
            Block* seen;
            asm volatile("movq %%fs:0, %0" : "=r"(seen));
            kept[i] = kept[i] && seen == &blocks[i];
        }
        static_cast<void>(thread_set_pointer(own));
    };
    Peer a{[&] { body(0); }};
    Peer b{[&] { body(1); }};
    Peer c{[&] { body(2); }};
    TAKE(a.start());
    TAKE(b.start());
    TAKE(c.start());
    EXPECT(a.wait() && b.wait() && c.wait());
    EXPECT(kept[0] && kept[1] && kept[2]);
    EXPECT(TAKE(system_counters()).thread_switches - begin > 500);
}

TEST(thread, pointer_is_a_user_address) {
    auto const own = number(&current_thread());
    EXPECT_OK(thread_set_pointer, own);
    for (uint64_t const address : {user_end, not_canonical, kernel_address, ~uint64_t{0}})
        EXPECT_ERROR(invalid_argument, thread_set_pointer, address);
    EXPECT_EQUAL(number(&current_thread()), own);
}

} // namespace
