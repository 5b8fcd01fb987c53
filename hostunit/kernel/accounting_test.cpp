// SPDX-License-Identifier: MIT
// The accounts of threads and processors, as system calls and time go by.
#include "kernel_test.hpp"

#include <arch/frames.hpp>
#include <kernel/memory.hpp>
#include <kernel/processor_control.hpp>

namespace kernel {
namespace {

using namespace abi;

class Accounts : public Kernel_test {
protected:
    // What the kernel writes behind a slot of the root.
    template <typename Page>
    Page const& page(Slot slot) {
        Ref<Memory> const memory =
            root_process().table().find<Memory>(slot, memory_permission::read).value();
        return *static_cast<Page const*>(arch::frame_address(memory->frame(0)));
    }

    static uint64_t sum(uint64_t const (&times)[thread_phases]) {
        return times[0] + times[1] + times[2] + times[3];
    }
};

TEST_F(Accounts, a_thread_is_always_in_one_phase) {
    Child const child = spawn();
    Time const begun = child.thread->account->begun;
    for (Time const step : {Time{100}, Time{5'000'000}, Time{10'000'000}, Time{1}}) {
        call(Call::thread_yield);
        advance(step);
        run(root());
        Thread_account const& account = *child.thread->account;
        EXPECT_EQ(sum(account.time), account.since - begun);
        EXPECT_EQ(account.sequence % 2, 0u);
        EXPECT_LE(account.since, fake::platform().now);
    }
    EXPECT_GT(child.thread->account->time[static_cast<int>(Thread_phase::running)], 0u);
}

TEST_F(Accounts, who_wakes_waits_for_the_processor) {
    Child const child = spawn(child_bytes, 3);
    call(Call::thread_sleep, {fake::platform().now + 1000});
    run(*child.thread);
    call(Call::thread_sleep, {fake::platform().now + 100});
    ASSERT_TRUE(idle());
    uint64_t const before = child.thread->account->wake_ups;
    advance(1000); // both are ready; the root goes first
    EXPECT_EQ(current(), &root());
    advance(70'000);
    call(Call::thread_sleep, {forever});
    ASSERT_EQ(current(), child.thread.get());
    EXPECT_EQ(child.thread->account->wake_ups, before + 1);
    EXPECT_GE(child.thread->account->latency_most, 70'000u);
}

TEST_F(Accounts, are_in_the_page_while_somebody_has_it) {
    Child const child = spawn();
    uint64_t const used = child.process->quota().used();
    Thread_account const before = *child.thread->account;
    Slot const slot = make(Call::process_accounts, {child.slot});
    auto const& accounts = page<Process_accounts>(slot);
    EXPECT_EQ(child.thread->account, &accounts.threads[0]);
    EXPECT_EQ(accounts.threads[0].identifier, before.identifier);
    EXPECT_EQ(accounts.threads[0].begun, before.begun);
    EXPECT_EQ(accounts.counts.threads, 1u);
    EXPECT_GE(child.process->quota().used(), used + 2 * page_size);
    make(Call::capability_delete, {slot});
    EXPECT_EQ(child.thread->account, &child.thread->own_account);
    EXPECT_EQ(child.thread->account->identifier, before.identifier);
    EXPECT_EQ(child.process->quota().used(), used);
}

TEST_F(Accounts, threads_beyond_31_get_places_of_those_that_end) {
    Child const process = spawn(1024 * 1024, 3);
    Slot const slot = make(Call::process_accounts, {process.slot});
    auto const& accounts = page<Process_accounts>(slot);
    std::vector<Child> threads;
    for (unsigned i = 0; i < 33; ++i) {
        Child thread = process;
        thread.thread_slot = make(Call::thread_create, {process.slot, 0x10000, 0x20000, 0, 3,
                                                        buffer_address + (i + 1) * page_size});
        thread.thread = root_process().table().find<Thread>(thread.thread_slot, 0).value();
        threads.push_back(thread);
    }
    EXPECT_EQ(accounts.counts.threads, 34u);
    EXPECT_EQ(accounts.counts.unlisted, 3u);
    for (unsigned i = 0; i < 3; ++i)
        make(Call::thread_destroy, {threads[i].thread_slot});
    EXPECT_EQ(accounts.counts.unlisted, 0u);
    for (unsigned i = 3; i < 33; ++i)
        EXPECT_NE(threads[i].thread->account, &threads[i].thread->own_account);
    make(Call::thread_destroy, {threads[5].thread_slot});
    EXPECT_EQ(accounts.counts.threads, 30u);
    EXPECT_EQ(accounts.counts.unlisted, 0u);
}

TEST_F(Accounts, the_page_outlives_the_process) {
    Child child = spawn();
    Slot const slot = make(Call::process_accounts, {child.slot});
    uint64_t const identifier = child.process->identifier();
    make(Call::process_destroy, {child.slot, 0});
    make(Call::capability_delete, {child.slot});
    make(Call::capability_delete, {child.thread_slot});
    auto const& accounts = page<Process_accounts>(slot);
    EXPECT_EQ(accounts.counts.identifier, identifier);
    EXPECT_EQ(accounts.counts.threads, 0u);
    EXPECT_EQ(accounts.threads[0].identifier, 0u);
}

TEST_F(Accounts, of_a_processor_meet_elapsed_time) {
    auto const& accounts = processors().at(0)->accounts();
    Time const begun = accounts.begun;
    advance(12'345);
    call(Call::thread_sleep, {fake::platform().now + 50'000});
    ASSERT_TRUE(idle());
    advance(50'000);
    Processor_counts const& counts = accounts.counts;
    EXPECT_EQ(counts.time[0] + counts.time[1] + counts.time[2], counts.updated - begun);
    EXPECT_EQ(counts.time[static_cast<int>(Activity::idle)], 50'000u);
    EXPECT_EQ(counts.activity, static_cast<uint64_t>(Activity::busy));
    EXPECT_EQ(counts.running, root().identifier());
}

// Of the frames that a call takes, each may be the one that is missing.
TEST_F(Accounts, a_missing_frame_leaves_nothing_behind) {
    Child const child = spawn();
    for (unsigned failing = 1; failing < 6; ++failing) {
        uint64_t const used = child.process->quota().used();
        fake::platform().maps_until_failure = failing;
        Answer const answer = call(Call::process_accounts, {child.slot});
        fake::platform().maps_until_failure = 0;
        if (answer.error == Error::none) {
            EXPECT_GT(failing, 1u);
            make(Call::capability_delete, {answer.slot()});
            return;
        }
        EXPECT_EQ(answer.error, Error::out_of_memory);
        EXPECT_EQ(child.process->quota().used(), used);
        EXPECT_EQ(child.thread->account, &child.thread->own_account);
    }
    ADD_FAILURE() << "it never succeeds";
}

} // namespace
} // namespace kernel
