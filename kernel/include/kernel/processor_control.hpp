// SPDX-License-Identifier: MIT
// The authority over one processor, and the state it is in (abi/processor.hpp draws the states).
// There is one for each number, whether the machine has that processor or not. All of it happens
// while whoever acts is exclusive.
//
// To park or stop, the processor itself does the work: it is the only one that has the registers of
// its current thread, and the only one that can take itself down.
//
//   caller      refuses, or: the processor takes nothing new; kicks it; waits
//   processor   puts its current thread aside; gives away threads, deadlines, interrupt lines;
//               parked or stopped; wakes the caller
#pragma once

#include <kernel/memory.hpp>
#include <kernel/object.hpp>
#include <kernel/processors.hpp>
#include <lavandin/abi/processor.hpp>

namespace kernel {

class Thread;

class Processor_control final : public Object {
public:
    static constexpr Object_type object_type = Object_type::processor;
    using State = abi::Processor_state;

    Processor_control(Ref<Quota> quota, uint32_t number)
        : Object{object_type, static_cast<Ref<Quota>&&>(quota)}, _number{number} {}

    uint32_t number() const { return _number; }
    State state() const { return _state; }
    void describe(abi::Processor_information& information) const;

    // Its page (abi/accounting.hpp), made when somebody asks or it starts for the first time, and
    // kept. Errors: not_supported (the machine does not have it), out_of_memory, quota_exceeded.
    Result<Ref<Memory>> accounts();

    // Errors: wrong_state, busy.
    Result<void> offer();
    Result<void> withdraw();

    // These begin what started() or left() completes. True when that is still to come, so that
    // whoever asks may wait.
    // Errors: wrong_state, busy; start also: refused, out_of_memory;
    // park and stop also: no_processor, pinned (`obstacle` is the thread), not_supported (stop: it
    // is processor 0).
    Result<bool> start();
    Result<bool> unpark();
    Result<bool> park(Thread*& obstacle) { return leave(State::parked, obstacle); }
    Result<bool> stop(Thread*& obstacle);

    // The current thread is told when it has happened; an end of its wait before that takes back
    // a drain: the processor is online, or parked, as it was before.
    void wait(Thread& caller);
    void stop_waiting();

    // Executed by the processor itself.
    void started();
    // Gives away a part of what it has. True when nothing is left: then it is `goal()`.
    bool leave_step();
    State goal() const { return _goal; }

    void last_reference_gone() override {} // it stays

private:
    void enter(State state);
    Result<bool> leave(State goal, Thread*& obstacle);
    Result<void> start_first();
    void come_back(Error told);
    void tell(Error error);

    uint32_t const _number;
    State _state{State::absent};
    State _goal{State::online};
    bool _initialised{false}; // it has run before
    bool _was_parked{false};  // when it began to drain
    Thread* _waiter{nullptr};
    Ref<Memory> _accounts;
};

// Makes the controls and the processors that the machine may have, besides the one that executes
// this. Error: out_of_memory.
Result<void> make_processors(Ref<Quota> const& quota);
Processor_control& processor_control(uint32_t number);

} // namespace kernel
