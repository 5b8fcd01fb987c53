// SPDX-License-Identifier: MIT
// Several processors: where threads go, who is told, and what becomes of those that are ended while
// they run elsewhere.
#include "fakes/machine.hpp"
#include "kernel_test.hpp"

namespace kernel {
namespace {

using namespace abi;

constexpr Time slice = 10'000'000;

class Several_processors : public Kernel_test {
protected:
    Several_processors() { start_processors(4); }

    // A thread of a new process, which runs on that processor when this returns.
    Child spawn_on(uint32_t number, uint64_t priority = default_priority) {
        on(0);
        Child const child = spawn(child_bytes, priority);
        send(child, set_of(number));
        take_kicks();
        EXPECT_EQ(current_on(number), child.thread.get());
        return child;
    }

    // As the root, which stays on processor 0.
    void send(Child const& child, Processor_set to) {
        on(0);
        EXPECT_EQ(call(Call::thread_set_affinity, {child.thread_slot, to}).error, Error::none);
    }
    void let_roam(Child const& child) { send(child, all_processors); }

    unsigned kicks(uint32_t number) const { return fake::platform().each[number].kicks; }
    bool in_user_mode(uint32_t number) const { return processor(number).gate.in_user_mode(); }

    // The current thread of a processor waits, so that it is idle.
    void rest(uint32_t number) {
        on(number);
        call(Call::thread_sleep, {forever});
        EXPECT_TRUE(idle());
        on(0);
    }
    void wake(Thread& thread) {
        exclusively([&] {
            thread.cancel(Error::none);
            make_ready(thread);
        });
    }
};

class Placement_of_threads : public Several_processors {};

TEST_F(Placement_of_threads, new_one_goes_to_an_idle_processor) {
    Child const child = spawn();
    EXPECT_EQ(current(), &root());
    EXPECT_EQ(kicked(), set_of(1));
    EXPECT_EQ(child.thread->wait, Wait::ready);
    take_kicks();
    EXPECT_EQ(current_on(1), child.thread.get());
    EXPECT_EQ(kicks(2) + kicks(3), 0u);
}

// Two become ready before the first idle processor has noticed: they do not both go there.
TEST_F(Placement_of_threads, idle_processor_is_given_one_thread) {
    spawn();
    spawn();
    spawn();
    EXPECT_EQ(kicked(), set_of(1) | set_of(2) | set_of(3));
    take_kicks();
    for (uint32_t number = 1; number < 4; ++number)
        EXPECT_NE(current_on(number), nullptr);
}

TEST_F(Placement_of_threads, woken_one_goes_where_it_was_if_that_is_free) {
    Child const child = spawn_on(3);
    let_roam(child);
    rest(3);
    wake(*child.thread);
    EXPECT_EQ(kicked(), set_of(3));
    take_kicks();
    EXPECT_EQ(current_on(3), child.thread.get());
}

TEST_F(Placement_of_threads, woken_one_goes_elsewhere_if_it_would_wait_there) {
    Child const sleeper = spawn_on(3);
    rest(3);
    let_roam(sleeper);
    Child const other = spawn_on(3);
    unsigned const before = kicks(3);
    wake(*sleeper.thread);
    take_kicks();
    EXPECT_EQ(current_on(3), other.thread.get());
    EXPECT_EQ(kicks(3), before);
    EXPECT_EQ(current_on(1), sleeper.thread.get());
}

TEST_F(Placement_of_threads, nobody_idle_the_least_urgent_is_preempted) {
    Child const a = spawn_on(1, 5);
    Child const b = spawn_on(2, 3);
    Child const c = spawn_on(3, 4);
    Child const urgent = spawn(child_bytes, 6);
    EXPECT_EQ(kicked(), set_of(2));
    take_kicks();
    EXPECT_EQ(current_on(2), urgent.thread.get());
    EXPECT_EQ(b.thread->wait, Wait::ready);
    EXPECT_EQ(current_on(1), a.thread.get());
    EXPECT_EQ(current_on(3), c.thread.get());
}

TEST_F(Placement_of_threads, the_least_urgent_of_all_waits) {
    spawn_on(1, 5);
    spawn_on(2, 5);
    spawn_on(3, 5);
    Child const last = spawn(child_bytes, 4);
    EXPECT_EQ(kicked(), 0u);
    EXPECT_EQ(last.thread->wait, Wait::ready);
}

TEST_F(Placement_of_threads, who_becomes_idle_takes_from_others) {
    for (uint32_t number = 1; number < 4; ++number)
        spawn_on(number, 5);
    Child const waiting = spawn(child_bytes, 4);
    EXPECT_EQ(waiting.thread->wait, Wait::ready);
    on(1);
    call(Call::thread_sleep, {forever});
    EXPECT_EQ(current(), waiting.thread.get());
}

// The most urgent of those that wait may not run there; another one may.
TEST_F(Placement_of_threads, who_becomes_idle_looks_at_all_others) {
    spawn_on(1, 9);
    spawn_on(2, 9);
    Child const last = spawn_on(3, 9);
    on(0);
    Child const pinned = spawn(child_bytes, 6);
    send(pinned, set_of(1));
    Child const free = spawn(child_bytes, 5);
    send(free, set_of(2));
    let_roam(free);
    EXPECT_EQ(kicked(), 0u);
    on(3);
    call(Call::thread_sleep, {forever});
    EXPECT_EQ(current(), free.thread.get());
    EXPECT_EQ(pinned.thread->wait, Wait::ready);
    EXPECT_EQ(last.thread->wait, Wait::sleep);
}

TEST_F(Placement_of_threads, ready_one_that_is_let_go_goes_to_an_idle_processor) {
    spawn_on(1, 5);
    Child const low = spawn(child_bytes, 4);
    send(low, set_of(1));
    take_kicks();
    EXPECT_EQ(low.thread->wait, Wait::ready);
    let_roam(low);
    take_kicks();
    EXPECT_EQ(current_on(2), low.thread.get());
}

// A thread of higher priority that may run only here drives away one that could run elsewhere.
TEST_F(Placement_of_threads, displaced_one_goes_to_an_idle_processor) {
    Child const low = spawn_on(2, 3);
    let_roam(low);
    Child const high = spawn_on(2, 5);
    EXPECT_EQ(current_on(2), high.thread.get());
    EXPECT_EQ(current_on(1), low.thread.get());
}

TEST_F(Placement_of_threads, displaced_one_that_may_run_only_here_waits) {
    Child const low = spawn_on(2, 3);
    Child const high = spawn_on(2, 5);
    EXPECT_EQ(current_on(2), high.thread.get());
    EXPECT_EQ(low.thread->wait, Wait::ready);
    EXPECT_EQ(current_on(1), nullptr);
    on(2);
    call(Call::thread_sleep, {forever});
    EXPECT_EQ(current(), low.thread.get());
}

TEST_F(Placement_of_threads, equals_share_by_slices_elsewhere_too) {
    Child const first = spawn_on(2);
    on(0);
    Child const second = spawn();
    send(second, set_of(2));
    take_kicks();
    EXPECT_EQ(current_on(2), first.thread.get());
    EXPECT_LE(fake::platform().each[2].programmed, fake::platform().now + slice);
    advance(slice);
    EXPECT_EQ(current_on(2), second.thread.get());
}

class Kicks : public Several_processors {};

TEST_F(Kicks, one_that_has_not_been_noticed_is_not_repeated) {
    spawn_on(1, 5);
    spawn_on(2, 5);
    spawn_on(3, 3);
    unsigned const before = kicks(3);
    spawn(child_bytes, 4);
    spawn(child_bytes, 6);
    EXPECT_EQ(kicks(3), before + 1);
    take_kicks();
    EXPECT_EQ(current_on(3)->priority(), 6u);
}

TEST_F(Kicks, of_nobody_for_a_message_on_one_processor) {
    Child const server = spawn();
    send(server, set_of(0));
    take_kicks();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const there = give(server, endpoint);
    run(*server.thread);
    Slot const reply = make(Call::reply_create);
    unsigned const before = kicks(0) + kicks(1) + kicks(2) + kicks(3);
    call(Call::endpoint_receive, {there, reply, forever});
    run(root());
    call(Call::endpoint_call, {endpoint, 0, 7, 0, 0, 0});
    EXPECT_EQ(current(), server.thread.get());
    EXPECT_EQ(answer_of(*server.thread)[2], 7u);
    EXPECT_EQ(kicks(0) + kicks(1) + kicks(2) + kicks(3), before);
}

class Affinity : public Several_processors {};

TEST_F(Affinity, hand_over_goes_to_where_the_receiver_may_run) {
    Child const server = spawn_on(2);
    on(0);
    Slot const endpoint = make(Call::endpoint_create);
    Slot const there = give(server, endpoint);
    on(2);
    Slot const reply = make(Call::reply_create);
    call(Call::endpoint_receive, {there, reply, forever});
    EXPECT_TRUE(idle());
    on(0);
    call(Call::endpoint_call, {endpoint, 0, 7, 0, 0, 0});
    EXPECT_TRUE(idle()) << "the caller waits, and the server may not run here";
    EXPECT_EQ(kicked(), set_of(2));
    take_kicks();
    on(2);
    EXPECT_EQ(current(), server.thread.get());
    EXPECT_EQ(call(Call::endpoint_reply, {reply, 0, 9, 0, 0, 0}).error, Error::none);
    take_kicks();
    EXPECT_EQ(current_on(0), &root());
    EXPECT_EQ(answer_of(root())[2], 9u);
    on(0);
}

TEST_F(Affinity, thread_in_user_mode_elsewhere_has_left_it_when_the_call_returns) {
    Child const child = spawn_on(1);
    ASSERT_TRUE(in_user_mode(1));
    send(child, set_of(2));
    EXPECT_NE(current_on(1), child.thread.get());
    take_kicks();
    EXPECT_EQ(current_on(2), child.thread.get());
    EXPECT_EQ(child.thread->processor, &processor(2));
}

TEST_F(Affinity, no_processor_changes_nothing) {
    Child const child = spawn_on(1);
    on(0);
    EXPECT_EQ(call(Call::thread_set_affinity, {child.thread_slot, set_of(5)}).error,
              Error::no_processor);
    EXPECT_EQ(child.thread->affinity, set_of(1));
    EXPECT_EQ(current_on(1), child.thread.get());
}

// Each thread that not all may run is guarded by one that may; the others by nobody.
TEST_F(Affinity, guardians) {
    auto const guarded = [&](uint32_t number) {
        unsigned count = 0;
        auto& list = processor(number).guarded();
        for (Thread* each = list.front(); each; each = list.next(*each))
            ++count;
        return count;
    };
    Child const child = spawn_on(1);
    EXPECT_EQ(guarded(1), 1u);
    send(child, set_of(2) | set_of(3));
    EXPECT_EQ(guarded(1), 0u);
    EXPECT_EQ(guarded(2) + guarded(3), 1u);
    exclusively([&] { EXPECT_EQ(move_guards(processor(2), set_of(0) | set_of(3)), nullptr); });
    EXPECT_EQ(guarded(3), 1u);
    exclusively(
        [&] { EXPECT_EQ(move_guards(processor(3), set_of(0) | set_of(1)), child.thread.get()); });
    let_roam(child);
    EXPECT_EQ(guarded(2) + guarded(3), 0u);
    send(child, set_of(3));
    call(Call::thread_destroy, {child.thread_slot});
    EXPECT_EQ(guarded(3), 0u);
}

TEST_F(Affinity, new_thread_has_its_makers) {
    EXPECT_EQ(call(Call::thread_set_affinity, {0, set_of(0)}).error, Error::none);
    Child const child = spawn();
    EXPECT_EQ(child.thread->affinity, set_of(0));
    EXPECT_EQ(kicked(), 0u);
    run(*child.thread);
    run(root());
}

// Ends while a thread runs elsewhere. Whoever ends it finds it out of user mode.
class Elsewhere : public Several_processors {};

TEST_F(Elsewhere, thread_is_destroyed) {
    Child const child = spawn_on(1);
    ASSERT_TRUE(in_user_mode(1));
    EXPECT_EQ(call(Call::thread_destroy, {child.thread_slot}).error, Error::none);
    EXPECT_TRUE(child.thread->ended());
    EXPECT_FALSE(in_user_mode(1));
    EXPECT_EQ(current_on(1), nullptr);
    EXPECT_EQ(kicked(), 0u) << "it was waited for";
}

TEST_F(Elsewhere, next_one_runs_there) {
    Child const first = spawn_on(1);
    Child const second = spawn();
    send(second, set_of(1));
    on(0);
    call(Call::thread_destroy, {first.thread_slot});
    EXPECT_EQ(current_on(1), second.thread.get());
}

// A server could else answer its callers with errors that come of its own end.
TEST_F(Elsewhere, no_thread_of_an_ending_process_comes_back_to_user_mode) {
    Child const first = spawn_on(1);
    Child const second = spawn_thread(first, 1);
    send(second, set_of(2));
    take_kicks();
    ASSERT_EQ(current_on(2), second.thread.get());
    unsigned points = 0;
    fake::platform().between_steps = [&] {
        ++points;
        for (uint32_t const number : {1u, 2u})
            EXPECT_FALSE(current_on(number) && in_user_mode(number)) << number << ", " << points;
    };
    EXPECT_EQ(call(Call::process_destroy, {first.slot, 0}).error, Error::none);
    fake::platform().between_steps = {};
    EXPECT_GT(points, 2u);
    take_kicks();
    EXPECT_TRUE(first.thread->ended() && second.thread->ended());
}

// It enters the kernel at that very moment: what it came for is void.
TEST_F(Elsewhere, system_call_in_flight_is_void) {
    Child const child = spawn_on(1);
    uint64_t const before = object_count(Object_type::endpoint);
    bool came = false;
    fake::strands().when_interrupted(1, [&] {
        came = true;
        Thread& caller = *processor(1).current();
        caller.registers().answer(static_cast<Error>(Call::endpoint_create));
        try {
            system_call();
        } catch (fake::Idle const&) {
        }
    });
    EXPECT_EQ(call(Call::thread_destroy, {child.thread_slot}).error, Error::none);
    EXPECT_TRUE(came);
    EXPECT_EQ(object_count(Object_type::endpoint), before);
    EXPECT_EQ(current_on(1), nullptr);
    take_kicks();
}

TEST_F(Elsewhere, fault_in_flight_is_void) {
    Child const child = spawn_on(1);
    fake::strands().when_interrupted(1, [] {
        try {
            thread_faulted({14, 4, 0x123, "page fault"});
        } catch (fake::Idle const&) {
        }
    });
    EXPECT_EQ(call(Call::thread_destroy, {child.thread_slot}).error, Error::none);
    EXPECT_TRUE(child.process->alive()) << "a thread that has ended does not end its process";
    take_kicks();
}

TEST_F(Elsewhere, process_is_destroyed) {
    Child const child = spawn_on(1);
    Child second = spawn_thread(child, 1);
    send(second, set_of(2));
    take_kicks();
    ASSERT_EQ(current_on(2), second.thread.get());
    EXPECT_EQ(call(Call::process_destroy, {child.slot, 5}).error, Error::none);
    EXPECT_FALSE(child.process->alive());
    EXPECT_TRUE(child.thread->ended() && second.thread->ended());
    EXPECT_EQ(current_on(1), nullptr);
    EXPECT_EQ(current_on(2), nullptr);
}

// Xen still has the table of who ran there: it is not taken apart under it.
TEST_F(Elsewhere, table_that_xen_holds_stays_a_table) {
    Child const child = spawn_on(1);
    while (arch::free_pooled_table())
        continue;
    ASSERT_EQ(arch::table_counts().pooled, 0u);
    call(Call::process_destroy, {child.slot, 5});
    while (arch::free_pooled_table())
        continue; // Xen's stand-in fails when one is still loaded
    EXPECT_EQ(arch::table_counts().pooled, 1u);
    spawn_on(1);
    EXPECT_EQ(arch::table_counts().pooled, 0u) << "it is used again";
}

// The next process there has the same top table, and nothing of what the first could reach.
TEST_F(Elsewhere, translations_of_a_process_go_with_it) {
    Child const child = spawn_on(1);
    Slot const memory = make(Call::memory_create, {4 * page_size});
    EXPECT_EQ(call(Call::memory_map, {child.slot, memory, 0x400000, 0, 4 * page_size, 3}).error,
              Error::none);
    call(Call::process_destroy, {child.slot, 5});
    call(Call::capability_delete, {memory});
    for (int i = 0; i < 3; ++i)
        call(Call::capability_delete, {make(Call::memory_create, {64 * page_size})});
    Child const next = spawn_on(1); // the fake looks at what it can reach
    EXPECT_EQ(next.thread->processor, &processor(1));
}

// One that Xen holds does not hide those behind it.
TEST_F(Elsewhere, other_tables_are_found_behind_one_that_xen_holds) {
    Child const first = spawn_on(2);
    Child const second = spawn_on(1);
    send(first, set_of(0)); // so that processor 2 has its table no more
    spawn_on(2);
    call(Call::process_destroy, {first.slot, 0});
    call(Call::process_destroy, {second.slot, 0});
    while (arch::free_pooled_table())
        continue;
    EXPECT_EQ(arch::table_counts().pooled, 1u);
}

TEST_F(Elsewhere, pages_are_unmapped_from_who_runs_there) {
    Child const child = spawn_on(1);
    on(0);
    Slot const memory = make(Call::memory_create, {2 * page_size});
    EXPECT_EQ(call(Call::memory_map, {child.slot, memory, 0x400000, 0, 2 * page_size, 3}).error,
              Error::none);
    EXPECT_EQ(call(Call::memory_unmap, {child.slot, 0x400000, 2 * page_size}).error, Error::none);
    EXPECT_EQ(call(Call::capability_delete, {memory}).error, Error::none);
    for (int i = 0; i < 3; ++i) { // which are used again while it can reach nothing of them
        Slot const again = make(Call::memory_create, {8 * page_size});
        EXPECT_EQ(call(Call::capability_delete, {again}).error, Error::none);
    }
    EXPECT_EQ(current_on(1), child.thread.get());
    EXPECT_TRUE(in_user_mode(1)) << "not even interrupted";
}

class Fpu : public Several_processors {
protected:
    static uint64_t& fpu(uint32_t number) { return fake::platform().each[number].fpu; }
};

TEST_F(Fpu, registers_go_along) {
    Child const child = spawn_on(1);
    fpu(1) = 77;
    send(child, set_of(2));
    take_kicks();
    EXPECT_EQ(fpu(2), 77u);
    fpu(2) = 78;
    send(child, set_of(1));
    take_kicks();
    EXPECT_EQ(fpu(1), 78u);
}

TEST_F(Fpu, of_one_who_rested_go_along) {
    Child const child = spawn_on(1);
    let_roam(child);
    fpu(1) = 5;
    rest(1);
    Child const other = spawn_on(1); // so that it goes elsewhere
    fpu(1) = 6;
    wake(*child.thread);
    take_kicks();
    uint32_t const place = child.thread->processor->number();
    EXPECT_NE(place, 1u);
    EXPECT_EQ(fpu(place), 5u);
    EXPECT_EQ(fpu(1), 6u);
}

// It is not saved again when it goes on where it was.
TEST_F(Fpu, of_one_who_goes_on_where_it_was_stay) {
    Child const child = spawn_on(1);
    fpu(1) = 9;
    rest(1);
    EXPECT_FALSE(child.thread->loaded_elsewhere(0)) << "idle: they are in memory";
    wake(*child.thread);
    take_kicks();
    EXPECT_EQ(current_on(1), child.thread.get());
    EXPECT_EQ(fpu(1), 9u);
    fpu(1) = 10;
    send(child, set_of(3));
    take_kicks();
    EXPECT_EQ(fpu(3), 10u);
}

} // namespace
} // namespace kernel
