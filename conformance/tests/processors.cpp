// SPDX-License-Identifier: MIT
// Processors that come and go.
#include "tests/common.hpp"

#include <lavandin/abi/processor.hpp>

namespace {

using namespace conformance;

using abi::Processor_action;
using abi::Processor_information;
using abi::Processor_state;

constexpr auto word(Processor_action action) { return static_cast<uint64_t>(action); }

Result<Processor_information> information_of(Capability_index processor) {
    TRY_VOID(processor_information(processor));
    return reinterpret_cast<Processor_information const&>(message_buffer().words);
}

Result<Processor_state> state_of(Capability_index processor) {
    return static_cast<Processor_state>(TRY(information_of(processor)).state);
}

Error act(Capability_index processor, Processor_action action, uint64_t deadline = forever) {
    return processor_control(processor, word(action), deadline).error();
}

#define EXPECT_ACT(wanted, processor, action, ...)                                                 \
    EXPECT_ANSWER(wanted, processor_control,                                                       \
                  act(processor, Processor_action::action __VA_OPT__(, ) __VA_ARGS__))

TEST(processor, first_one_is_online) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    EXPECT_OK(processor_information, processor);
    EXPECT_EQUAL(TAKE(state_of(processor)), Processor_state::online);
}

TEST(processor, one_that_the_machine_does_not_have_is_absent) {
    auto const processor = MUST(processor_open, inherited().system, 63);
    EXPECT_EQUAL(TAKE(state_of(processor)), Processor_state::absent);
    EXPECT_ACT(wrong_state, processor, start);
    EXPECT_ACT(none, processor, offer);
    EXPECT_ACT(wrong_state, processor, offer);
    EXPECT_ACT(refused, processor, start);
    EXPECT_EQUAL(TAKE(state_of(processor)), Processor_state::offered);
    EXPECT_ACT(none, processor, withdraw);
}

TEST(processor, parks_and_comes_back) {
    auto const processor = MUST(processor_open, inherited().system, 1);
    if (TAKE(state_of(processor)) != Processor_state::online)
        return note("skipped: there is one processor only");
    for (int i = 0; i < 100; ++i) {
        EXPECT_ACT(none, processor, park);
        EXPECT_EQUAL(TAKE(state_of(processor)), Processor_state::parked);
        EXPECT_ACT(none, processor, unpark);
        EXPECT_EQUAL(TAKE(state_of(processor)), Processor_state::online);
        EXPECT_ACT(none, processor, stop);
        EXPECT_EQUAL(TAKE(state_of(processor)), Processor_state::stopped);
        EXPECT_ACT(none, processor, start);
        EXPECT_EQUAL(TAKE(state_of(processor)), Processor_state::online);
    }
}

TEST(processor, takes_its_threads_along) {
    auto const processor = MUST(processor_open, inherited().system, 1);
    if (TAKE(state_of(processor)) != Processor_state::online)
        return note("skipped: there is one processor only");
    uint64_t counts[8]{};
    bool end = false;
    auto const work = [&](uint64_t& count) {
        while (!__atomic_load_n(&end, __ATOMIC_RELAXED))
            __atomic_store_n(&count, count + 1, __ATOMIC_RELAXED);
    };
    Peer a{[&] { work(counts[0]); }};
    Peer b{[&] { work(counts[1]); }};
    Peer c{[&] { work(counts[2]); }};
    TAKE(a.start());
    TAKE(b.start());
    TAKE(c.start());
    for (int i = 0; i < 50; ++i) {
        EXPECT_ACT(none, processor, park);
        uint64_t const seen = __atomic_load_n(&counts[0], __ATOMIC_RELAXED);
        while (__atomic_load_n(&counts[0], __ATOMIC_RELAXED) == seen)
            EXPECT_OK(thread_yield);
        EXPECT_ACT(none, processor, unpark);
        EXPECT_ACT(none, processor, stop);
        EXPECT_ACT(none, processor, start);
    }
    __atomic_store_n(&end, true, __ATOMIC_RELAXED);
    EXPECT(a.wait() && b.wait() && c.wait());
}

TEST(processor, a_thread_that_may_run_nowhere_else_keeps_it) {
    auto const processor = MUST(processor_open, inherited().system, 1);
    if (TAKE(state_of(processor)) != Processor_state::online)
        return note("skipped: there is one processor only");
    auto const bell = MUST(notification_create);
    Peer pinned{[&] { static_cast<void>(notification_wait(bell, forever)); }};
    TAKE(pinned.start());
    EXPECT_OK(thread_set_affinity, pinned.thread(), 2);
    EXPECT_ACT(pinned, processor, park);
    EXPECT_ACT(pinned, processor, stop);
    EXPECT_OK(thread_set_affinity, pinned.thread(), any_processor);
    EXPECT_ACT(none, processor, park);
    EXPECT_ERROR(no_processor, thread_set_affinity, pinned.thread(), 2);
    EXPECT_ACT(none, processor, unpark);
    EXPECT_OK(notification_signal, bell);
    EXPECT(pinned.wait());
}

TEST(processor, the_last_one_stays) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    EXPECT_ACT(not_supported, processor, stop);
    auto const other = MUST(processor_open, inherited().system, 1);
    bool const two = TAKE(state_of(other)) == Processor_state::online;
    for (uint32_t i = 1; two && i < 64; ++i) {
        auto const each = MUST(processor_open, inherited().system, i);
        if (TAKE(state_of(each)) == Processor_state::online)
            EXPECT_ACT(none, each, park);
    }
    EXPECT_ACT(no_processor, processor, park);
    for (uint32_t i = 1; two && i < 64; ++i) {
        auto const each = MUST(processor_open, inherited().system, i);
        if (TAKE(state_of(each)) == Processor_state::parked)
            EXPECT_ACT(none, each, unpark);
    }
}

// Two threads on one processor want different things of another one, until each answer that only
// such a quarrel brings has been seen.
struct Quarrel {
    Capability_index processor;
    bool end{false};
    bool cancelled{false};
    bool timed_out{false};

    void note_answer(Error error) {
        if (error == Error::cancelled)
            __atomic_store_n(&cancelled, true, __ATOMIC_RELAXED);
        if (error == Error::timed_out)
            __atomic_store_n(&timed_out, true, __ATOMIC_RELAXED);
    }
    void park_and_unpark() {
        for (uint64_t round = 0; !__atomic_load_n(&end, __ATOMIC_RELAXED); ++round) {
            note_answer(act(processor, Processor_action::park, round % 2 ? forever : at_once));
            static_cast<void>(act(processor, Processor_action::unpark));
        }
    }
    bool complete(bool busy) const {
        return busy && __atomic_load_n(&cancelled, __ATOMIC_RELAXED) &&
               __atomic_load_n(&timed_out, __ATOMIC_RELAXED);
    }
};

TEST(processor, one_thing_at_a_time) {
    Quarrel quarrel{MUST(processor_open, inherited().system, 1)};
    if (TAKE(state_of(quarrel.processor)) != Processor_state::online) {
        TESTED_ELSEWHERE(busy, processor_control,
                         "conformance/tests/processors.cpp: one_thing_at_a_time");
        TESTED_ELSEWHERE(cancelled, processor_control,
                         "conformance/tests/processors.cpp: one_thing_at_a_time");
        TESTED_ELSEWHERE(timed_out, processor_control,
                         "conformance/tests/processors.cpp: one_thing_at_a_time");
        TESTED_ELSEWHERE(
            pinned, processor_control,
            "conformance/tests/processors.cpp: a_thread_that_may_run_nowhere_else_keeps_it");
        return note("skipped: there is one processor only");
    }
    EXPECT_OK(thread_set_affinity, 0, 1);
    Peer other{[&] { quarrel.park_and_unpark(); }};
    TAKE(other.start());
    bool busy = false;
    uint64_t const deadline = after(10 * second);
    while (!quarrel.complete(busy) && now() < deadline) {
        busy |= act(quarrel.processor, Processor_action::park) == Error::busy;
        EXPECT_OK(thread_yield);
        static_cast<void>(act(quarrel.processor, Processor_action::unpark));
    }
    __atomic_store_n(&quarrel.end, true, __ATOMIC_RELAXED);
    EXPECT(other.wait());
    EXPECT_ANSWER(busy, processor_control, busy ? Error::busy : Error::none);
    EXPECT_ANSWER(cancelled, processor_control, quarrel.cancelled ? Error::cancelled : Error::none);
    EXPECT_ANSWER(timed_out, processor_control, quarrel.timed_out ? Error::timed_out : Error::none);
    static_cast<void>(act(quarrel.processor, Processor_action::unpark));
    EXPECT_EQUAL(TAKE(state_of(quarrel.processor)), Processor_state::online);
}

TEST(processor, open_refuses) {
    auto const system = inherited().system;
    EXPECT_ERROR(invalid_capability, processor_open, 0, 0);
    EXPECT_ERROR(wrong_type, processor_open, self_process, 0);
    auto const weak = TAKE(copy(system, abi::system_permission::log));
    EXPECT_ERROR(permission_denied, processor_open, weak, 0);
    auto const reader = TAKE(copy(system, abi::system_permission::information));
    auto const seen = TAKE(processor_open(reader, 0));
    EXPECT_ACT(permission_denied, seen, park);
    EXPECT_ERROR(invalid_argument, processor_open, system, 64);
    EXPECT_ERROR(invalid_argument, processor_open, system, ~uint64_t{0});
    TESTED_ELSEWHERE(out_of_memory, processor_open,
                     "hostunit/kernel/shortage_test.cpp: processors_are_opened_by_who_has_room");
    while (copy(self_process, all_permissions).ok()) {
    }
    EXPECT_ERROR(table_full, processor_open, system, 0);
}

TEST(processor, open_is_paid_by_who_opens) {
    auto child = TAKE(Child::create());
    auto const system = TAKE(child.give(inherited().system));
    TAKE(child.start(
        [](Words const& words) {
            while (memory_create(page_size).ok())
                continue;
            auto opened = processor_open(static_cast<Capability_index>(words[0]), 0);
            while (opened.ok())
                opened = processor_open(static_cast<Capability_index>(words[0]), 0);
            EXPECT_ANSWER(quota_exceeded, processor_open, opened.error());
        },
        {system}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

TEST(processor, goes_with_the_authority_it_was_opened_by) {
    auto const system = TAKE(copy(inherited().system, all_permissions));
    auto const processor = MUST(processor_open, system, 0);
    EXPECT_OK(capability_revoke, system);
    EXPECT_ERROR(invalid_capability, processor_information, processor);
}

TEST(processor, control_refuses) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    EXPECT_ERROR(invalid_capability, processor_control, 0, word(Processor_action::park), forever);
    EXPECT_ERROR(wrong_type, processor_control, self_process, word(Processor_action::park),
                 forever);
    auto const weak = TAKE(copy(processor, abi::processor_permission::read));
    EXPECT_ERROR(permission_denied, processor_control, weak, word(Processor_action::park), forever);
    EXPECT_ERROR(invalid_argument, processor_control, processor, abi::processor_actions, forever);
    EXPECT_ACT(wrong_state, processor, start);
    EXPECT_ACT(wrong_state, processor, unpark);
    EXPECT_ACT(wrong_state, processor, withdraw);
    TESTED_ELSEWHERE(
        out_of_memory, processor_control,
        "hostunit/kernel/processor_control_test.cpp: a_start_without_memory_changes_nothing");
}

TEST(processor, information_refuses) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    EXPECT_ERROR(invalid_capability, processor_information, 0);
    EXPECT_ERROR(wrong_type, processor_information, self_process);
    auto const weak = TAKE(copy(processor, abi::processor_permission::control));
    EXPECT_ERROR(permission_denied, processor_information, weak);
}

TEST(thread, information_tells_what_was_set) {
    EXPECT_OK(thread_information, 0);
    auto const own = reinterpret_cast<Thread_information const&>(message_buffer().words);
    EXPECT_OK(process_information, self_process);
    auto const& process = reinterpret_cast<Process_information const&>(message_buffer().words);
    EXPECT_EQUAL(own.process, process.identifier);
    EXPECT_EQUAL(own.ended, 0);
    EXPECT_EQUAL(own.base_priority, inherited().priority);
    EXPECT_EQUAL(own.affinity, any_processor);
    EXPECT_ERROR(invalid_capability, thread_information, 1000);
    EXPECT_ERROR(wrong_type, thread_information, self_process);
}

} // namespace
