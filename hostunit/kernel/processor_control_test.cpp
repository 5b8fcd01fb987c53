// SPDX-License-Identifier: MIT
// What becomes of a processor that is refused, or comes back with nothing to do.
#include "kernel_test.hpp"

#include <kernel/processor_control.hpp>

namespace kernel {
namespace {

using namespace abi;

class Processor_changes : public Kernel_test {
protected:
    Processor_changes() { start_processors(3); }

    Slot control_of(uint32_t number) {
        Ref<Object> const control{processor_control(number)};
        return root_process().table().add({control, processor_permission::all, 0}).value();
    }
    Error act(Slot control, Processor_action action) {
        return call(Call::processor_control, {control, static_cast<uint64_t>(action), forever})
            .error;
    }
    // The root asks for it, and waits while the processor does it.
    void park(uint32_t number) {
        call(Call::processor_control,
             {control_of(number), static_cast<uint64_t>(Processor_action::park), forever});
        take_kicks();
        on(0);
        ASSERT_EQ(answer_of(root()).error, Error::none);
        ASSERT_EQ(processor_control(number).state(), Processor_state::parked);
    }
    void send(Child const& child, Processor_set to) {
        on(0);
        EXPECT_EQ(call(Call::thread_set_affinity, {child.thread_slot, to}).error, Error::none);
        take_kicks();
        on(0);
    }
    // As before its first start: the fixture has given it some.
    void forget_accounts(uint32_t number) {
        Processor_control& control = processor_control(number);
        Ref<Quota> const quota{control.quota()};
        control.~Processor_control();
        (new (&control) Processor_control{quota, number})->acquire();
        Processor* const self = processors().at(number);
        self->~Processor();
        new (self) Processor{number};
        EXPECT_TRUE(control.offer().ok());
    }
    // One that the root starts does so.
    void arrive(uint32_t number) {
        on(number);
        enter(processor_started);
        take_kicks();
        on(0);
        EXPECT_EQ(answer_of(root()).error, Error::none);
    }
    static Activity activity(uint32_t number) {
        return static_cast<Activity>(processor(number).accounts().counts.activity);
    }
    // A thread that runs on processor 2, and may go to 1: what is parked then is busy.
    Child occupy_2() {
        on(0);
        Child const child = spawn(child_bytes, 3);
        send(child, set_of(2));
        EXPECT_EQ(current_on(2), child.thread.get());
        call(Call::thread_set_affinity, {child.thread_slot, set_of(1) | set_of(2)});
        return child;
    }
};

TEST_F(Processor_changes, a_start_that_the_platform_refuses_can_be_repeated) {
    Slot const control = control_of(3);
    ASSERT_EQ(processor_control(3).state(), Processor_state::offered);
    fake::platform().processors_fail = true;
    EXPECT_EQ(act(control, Processor_action::start), Error::refused);
    EXPECT_EQ(processor_control(3).state(), Processor_state::offered);
    EXPECT_EQ(processors().accepting() & set_of(3), 0u);
    fake::platform().processors_fail = false;
    call(Call::processor_control,
         {control, static_cast<uint64_t>(Processor_action::start), forever});
    EXPECT_EQ(processor_control(3).state(), Processor_state::starting);
    arrive(3);
    EXPECT_EQ(processor_control(3).state(), Processor_state::online);
}

// Its accounts need a page.
TEST_F(Processor_changes, a_start_without_memory_changes_nothing) {
    forget_accounts(3);
    Slot const control = control_of(3);
    auto const start = std::initializer_list<uint64_t>{
        control, static_cast<uint64_t>(Processor_action::start), forever};
    std::vector<Pfn> frames;
    while (frame_pool().free() > 0)
        frames.push_back(frame_pool().take_for_kernel().value());
    Usage const before = usage();
    EXPECT_EQ(call(Call::processor_control, start).error, Error::out_of_memory);
    EXPECT_EQ(usage(), before);
    EXPECT_EQ(processor_control(3).state(), Processor_state::offered);
    EXPECT_EQ(processors().accepting() & set_of(3), 0u);
    for (Pfn const frame : frames)
        frame_pool().give(frame);
    call(Call::processor_control, start);
    ASSERT_EQ(processor_control(3).state(), Processor_state::starting);
    arrive(3);
}

// It was busy when it went, so that it has not said that it is idle.
TEST_F(Processor_changes, one_that_is_back_takes_who_is_displaced) {
    Child const high = spawn(child_bytes, 5);
    send(high, set_of(1));
    on(1);
    call(Call::thread_sleep, {forever});
    Child const low = occupy_2();
    park(2);
    ASSERT_EQ(current_on(1), low.thread.get());
    ASSERT_EQ(act(control_of(2), Processor_action::unpark), Error::none);
    exclusively([&] {
        high.thread->cancel(Error::none);
        make_ready(*high.thread);
    });
    take_kicks();
    EXPECT_EQ(current_on(1), high.thread.get());
    EXPECT_EQ(current_on(2), low.thread.get());
}

TEST_F(Processor_changes, one_that_is_back_counts_as_idle_before_it_knows) {
    Child const child = occupy_2();
    park(2);
    EXPECT_EQ(activity(2), Activity::away);
    ASSERT_EQ(act(control_of(2), Processor_action::unpark), Error::none);
    EXPECT_EQ(activity(2), Activity::idle);
    take_kicks();
}

// A stop that does not come about leaves it as it was, and not at work.
TEST_F(Processor_changes, a_parked_one_whose_stop_is_given_up_stays_parked) {
    park(2);
    Slot const control = control_of(2);
    call(Call::processor_control, {control, static_cast<uint64_t>(Processor_action::stop), 1});
    ASSERT_EQ(processor_control(2).state(), Processor_state::draining);
    advance(1'000'000);
    EXPECT_EQ(answer_of(root()).error, Error::timed_out);
    EXPECT_EQ(processor_control(2).state(), Processor_state::parked);
    EXPECT_EQ(processors().accepting() & set_of(2), 0u);
    take_kicks();
    on(0);
    EXPECT_EQ(processor_control(2).state(), Processor_state::parked);
    EXPECT_EQ(act(control, Processor_action::unpark), Error::none);
    EXPECT_EQ(processor_control(2).state(), Processor_state::online);
    take_kicks();
}

// As by a signal that was on its way.
TEST_F(Processor_changes, a_parked_one_that_is_disturbed_stays_away) {
    park(2);
    take_kick(2);
    EXPECT_EQ(activity(2), Activity::away);
    EXPECT_EQ(processors().idle() & set_of(2), 0u);
}

} // namespace
} // namespace kernel
