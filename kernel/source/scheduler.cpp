// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

Processor& this_processor() { return arch::current_processor(); }

// The begin of the current turn is near enough for most modules; asking the clock costs more than
// they do.
Time Processor::time_for(Thread const& thread) const {
    return _classes.wants_time(thread) ? arch::now() : _since;
}

void Processor::ready(Thread& thread) {
    Lock_guard const guard{_lock};
    bool const current_runs = _current && _current->wait == Wait::none;
    if (current_runs && _classes.wants_charge(*_current, thread)) {
        account_current();
        _classes.charge(*_current, _since);
    }
    Time const now = time_for(thread);
    thread.wait = Wait::ready;
    _classes.enter(thread, Policy_reason::woken, now);
    switch (_classes.woken(current_runs ? _current : nullptr, thread, now)) {
    case Class_set::Wake::preempts:
        _reschedule = true;
        break;
    case Class_set::Wake::timer:
        _set_timer = true;
        break;
    case Class_set::Wake::nothing:
        break;
    }
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
    _yields = true;
    _current->slice_left = 0;
    _reschedule = true;
}

void Processor::remove(Thread& thread) {
    Lock_guard const guard{_lock};
    _classes.leave(thread, _since);
}

template <typename Change>
void Processor::change(Thread& thread, Change change) {
    Lock_guard const guard{_lock};
    if (thread.wait == Wait::ready)
        _classes.change(thread, time_for(thread), change);
    else
        change();
    if (thread.wait == Wait::ready || &thread == _current)
        _reschedule = true;
}

void Processor::set_priority(Thread& thread, unsigned priority) {
    change(thread, [&] { thread.set_priority(priority); });
}

// What it used counts for the class in which it used it.
void Processor::set_class(Thread& thread, unsigned number, uint64_t parameter) {
    if (&thread == _current)
        account_current();
    if (thread.wait != Wait::ready) {
        Lock_guard const guard{_lock};
        _classes.stop(thread, _since);
    }
    change(thread, [&] { thread.set_class(number, parameter); });
}

void Processor::serve_by(uint64_t place, Algorithm* algorithm, void* state, uint32_t installation) {
    Lock_guard const guard{_lock};
    _classes.serve_by(place, algorithm, state, installation, arch::now());
    _reschedule = true;
}

void Processor::set_share(uint64_t place, uint64_t thousandths) {
    Lock_guard const guard{_lock};
    _classes.set_share(place, thousandths);
}

void Processor::describe(uint64_t place, abi::Policy_information& information) {
    Lock_guard const guard{_lock};
    _classes.describe(place, information);
}

void Processor::report_retired() {
    while (Algorithm* const retired = _classes.take_retired())
        log("scheduling: module {} is retired: it {}", retired->module().name,
            text(retired->violation()));
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

void Processor::timer_arrived() {
    _programmed = never;
    Time const now = arch::now();
    while (Timer_node* const node = _timers.expire(now)) {
        auto& thread = static_cast<Thread&>(*node);
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
    _current->ran(used);
}

void Processor::account_current() {
    Time const now = arch::now();
    account(now);
    _since = now;
}

// A thread that can go on keeps its place while its slice lasts.
void Processor::put_back_current(Time now) {
    bool const expired = _current->slice_left == 0;
    auto const reason = _yields   ? Policy_reason::yielded
                        : expired ? Policy_reason::expired
                                  : Policy_reason::preempted;
    _current->wait = Wait::ready;
    _classes.enter(*_current, reason, now);
}

// The thread that the current one waits for goes on with its turn: no module is asked.
Thread* Processor::choose(Time now) {
    Lock_guard const guard{_lock};
    bool const goes_on = _current && _current->wait == Wait::none;
    if (goes_on)
        put_back_current(now);
    Thread* const handed = _next;
    _next = nullptr;
    if (handed && _classes.may_hand_over(*handed))
        return handed;
    if (_current && !goes_on)
        _classes.stop(*_current, now);
    if (handed) {
        handed->wait = Wait::ready;
        _classes.enter(*handed, Policy_reason::woken, now);
    }
    return static_cast<Thread*>(_classes.next(now));
}

void Processor::set_timer(Time now) {
    Time wanted = _timers.first_deadline();
    if (_current) {
        Lock_guard const guard{_lock};
        Time const limit = _classes.limit(*_current, now);
        wanted = limit < wanted ? limit : wanted;
    }
    if (wanted >= _programmed)
        return; // what is set comes early enough; too early costs one look
    _programmed = wanted;
    arch::program_timer(wanted);
}

void Processor::run(Thread& next, Time now) {
    next.wait = Wait::none;
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
    if (_classes.failed()) [[unlikely]]
        report_retired();
    if (!_reschedule && _current) {
        _set_timer = false;
        return set_timer(arch::now());
    }
    switch_threads();
    while (_current && _current->fault_state() == Fault_state::unanswered)
        [[unlikely]] {
            end_by_fault(*_current);
            switch_threads();
        }
    if (!_current)
        arch::idle();
}

void Processor::switch_threads() {
    _reschedule = _set_timer = false;
    Time const now = arch::now();
    account(now);
    Thread* const next = choose(now);
    _yields = false;
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
