// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

Processor& this_processor() { return arch::current_processor(); }

void Processor::ready(Thread& thread) {
    Lock_guard const guard{_lock};
    thread.wait = Wait::ready;
    _queue.push_back(thread, thread.priority());
    bool const current_runs = _current && _current->wait == Wait::none;
    // An equal makes time slices count; reschedule() sets the timer for them.
    if (!current_runs || thread.priority() >= _current->priority())
        _reschedule = true;
}

void Processor::hand_over(Thread& thread) {
    if (_next)
        return ready(thread);
    thread.wait = Wait::none;
    _next = &thread;
    _reschedule = true;
}

void Processor::block(Wait why, Object* at) {
    _current->wait = why;
    _current->waiting_at = at;
    _reschedule = true;
}

void Processor::yield() {
    _current->slice_left = 0;
    _reschedule = true;
}

void Processor::remove(Thread& thread) {
    Lock_guard const guard{_lock};
    _queue.remove(thread, thread.priority());
}

void Processor::set_priority(Thread& thread, unsigned priority) {
    Lock_guard const guard{_lock};
    if (thread.wait == Wait::ready)
        _queue.remove(thread, thread.priority());
    thread.set_priority(priority);
    if (thread.wait == Wait::ready)
        _queue.push_back(thread, priority);
    if (thread.wait == Wait::ready || &thread == _current)
        _reschedule = true;
}

void Processor::arm(Thread& thread, Time deadline) {
    if (deadline != never)
        _timers.insert(thread, deadline);
}

void Processor::disarm(Thread& thread) {
    if (thread.armed())
        _timers.remove(thread);
}

void Processor::bury_current() {
    _buried = _current;
    _reschedule = true;
}

void Processor::forget(Thread& thread) {
    if (_previous == &thread)
        _previous = nullptr;
}

// Some of those whose time has come: when there are more, the timer is set for them at once. Who
// waits in a call may have lent its priority along a chain, which takes longer.
void Processor::timer_arrived() {
    _programmed = never;
    Time const now = arch::now();
    for (int room = most_expired; room > 0;) {
        Timer_node* const node = _timers.expire(now);
        if (!node)
            break;
        auto& thread = static_cast<Thread&>(*node);
        room -= thread.wait == Wait::call || thread.wait == Wait::answer ? most_expired / 2 : 1;
        thread.cancel(thread.wait == Wait::sleep ? Error::none : Error::timed_out);
        ready(thread);
    }
    _reschedule = true;
}

void Processor::account(Time now) {
    if (!_current)
        return;
    Time const used = now - _since;
    _current->processor_time += used;
    _current->slice_left = used < _current->slice_left ? _current->slice_left - used : 0;
}

void Processor::account_current() {
    Time const now = arch::now();
    account(now);
    _since = now;
}

// A thread that can go on keeps its place while its slice lasts, and while it works in the kernel:
// its equals could make that work longer than it is (a revocation), and it is for all of them.
void Processor::put_back_current() {
    if (!_current || _current->wait != Wait::none)
        return;
    bool const expired = _current->slice_left == 0 && !_current->work.any();
    _current->wait = Wait::ready;
    if (expired)
        _queue.push_back(*_current, _current->priority());
    else
        _queue.push_front(*_current, _current->priority());
}

Thread* Processor::choose() {
    Lock_guard const guard{_lock};
    put_back_current();
    Thread* const handed = _next;
    _next = nullptr;
    if (handed && static_cast<int>(handed->priority()) >= _queue.highest())
        return handed;
    if (handed) {
        handed->wait = Wait::ready;
        _queue.push_back(*handed, handed->priority());
    }
    return _queue.pop_highest();
}

void Processor::set_timer(Time now) {
    Time wanted = _timers.first_deadline();
    if (_current && _queue.occupied(_current->priority())) {
        Time const slice_end = now + _current->slice_left;
        wanted = slice_end < wanted ? slice_end : wanted;
    }
    if (wanted >= _programmed)
        return; // what is set comes early enough; too early costs one look
    _programmed = wanted;
    arch::program_timer(wanted);
}

void Processor::run(Thread& next, Time now) {
    next.wait = Wait::none;
    if (next.slice_left == 0)
        next.slice_left = slice;
    _current = &next;
    _since = now;
    if (_previous != &next) {
        ++_switches;
        next.place_on(arch::processor_number());
        arch::switch_to(_previous, next);
    }
    _previous = &next;
}

void Processor::reschedule() {
    switch_threads();
    while (work_left())
        [[unlikely]] work();
    if (!_current)
        arch::idle();
}

void Processor::switch_threads() {
    _reschedule = false;
    Time const now = arch::now();
    account(now);
    Thread* const next = choose();
    _current = nullptr;
    if (next)
        run(*next, now);
    if (Thread* const buried = _buried) {
        _buried = nullptr;
        if (buried->drop())
            buried->last_reference_gone();
    }
    set_timer(now);
}

} // namespace kernel
