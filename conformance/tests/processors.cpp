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

} // namespace
