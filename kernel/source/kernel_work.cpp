// SPDX-License-Identifier: MIT
#include <arch/interrupts.hpp>
#include <kernel/dispatch.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

void leave_behind(Leftover& leftover) {
    if (leftover.linked())
        leftover.unlink();
    this_processor().leave_behind(leftover);
}

void Kernel_work::first_step() {
    if (!_operation->step(_thread))
        return end_operation();
    _any = true;
}

void Kernel_work::operate() {
    if (!(_undoing ? _operation->undo() : _operation->step(_thread)))
        end_operation();
}

void Kernel_work::end_operation() {
    Operation& ended = *_operation;
    _operation = nullptr;
    _undoing = false;
    ended.end();
}

void Kernel_work::call_again() {
    _calls_again = true;
    dispatch(_thread);
    _calls_again = false;
}

void Kernel_work::step() {
    if (_thread.fault_state() == Fault_state::unanswered)
        end_by_fault(_thread);
    else if (Leftover* const latest = _leftovers.front())
        latest->take_apart();
    else if (_operation)
        operate();
    if (_ending && _leftovers.empty() && !_operation && !inheritance::forget_one(_thread))
        _thread.end();
    _any = !_leftovers.empty() || _operation || _ending ||
           _thread.fault_state() == Fault_state::unanswered;
}

void Kernel_work::give_up() {
    if (!_operation)
        return;
    _undoing = true;
    _thread.registers().answer(Error::peer_died);
}

bool Kernel_work::keeps() {
    give_up();
    if (&_thread != this_processor().current() || _thread.wait != Wait::none) {
        hand_over();
        return false;
    }
    _thread.home().about_to_lose_thread();
    _any = _ending = !_leftovers.empty() || _operation || _thread.lenders.front();
    return _ending;
}

void Kernel_work::end_with_process() {
    if (_ending)
        return;
    give_up();
    _any = _ending = true;
}

void Kernel_work::hand_over() {
    this_processor().take_over(_leftovers);
    _ending = _any = false;
    if (!_operation)
        return;
    _thread.acquire(); // the operation lies in it
    leave_behind(*this);
}

void Kernel_work::take_apart() {
    operate();
    if (_operation)
        return;
    unlink();
    if (_thread.drop())
        _thread.last_reference_gone();
}

void Processor::leave_behind(Leftover& leftover) {
    bool const thread_goes_on = _current && _current->wait == Wait::none;
    if (thread_goes_on)
        _current->work.push(leftover);
    else
        _leftovers.push_front(leftover);
}

void Processor::take_over(Leftovers& leftovers) {
    if (leftovers.empty())
        return;
    if (_current && _current->wait == Wait::none)
        _current->work.take_over(leftovers);
    else
        _leftovers.take_over(leftovers);
}

// A preemption point: other processors come in, and events are seen to. Whoever comes in may end
// the current thread, or leave nothing to do for it.
void Processor::let_others_in() {
    if (gate.exclusive())
        Gate::give_way(*this);
    else
        Gate::become_exclusive(*this);
    arch::deliver_events();
}

// What no thread would do, because none ran, whoever works next does. The first look for events is
// before the first step: the call that began the work has done one. A step that stops the current
// thread is the last before others come in, who would find it stopping.
void Processor::work() {
    if (_current)
        _current->work.take_over(_leftovers);
    while (let_others_in(), !must_reschedule() && work_left()) {
        if (_current)
            _current->work.step();
        else
            _leftovers.front()->take_apart();
        if (must_reschedule())
            break;
    }
    if (must_reschedule())
        switch_threads();
}

} // namespace kernel
