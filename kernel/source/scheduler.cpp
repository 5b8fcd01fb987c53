// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

Processor& this_processor() { return arch::current_processor(); }

// One that has been kicked and has not looked yet will see this, too.
void Processor::preempt() {
    bool const known = __atomic_exchange_n(&_reschedule, true, __ATOMIC_SEQ_CST);
    if (!known && this != &this_processor())
        arch::kick(_number);
}

// An equal makes time slices count; reschedule() sets the timer for them.
void Processor::enqueue(Thread& thread) {
    bool preempts = false;
    {
        Lock_guard const guard{_lock};
        thread.wait = Wait::ready;
        thread.processor = this;
        _queue.push_back(thread, thread.priority());
        preempts = static_cast<int>(thread.priority()) >= _running_priority;
        if (preempts) // it will run, as others who look for a place should know
            _running_priority = static_cast<int>(thread.priority());
    }
    if (preempts)
        preempt();
}

void Processor::hand_over(Thread& thread) {
    if (_next || !(thread.affinity & set_of(_number)) || thread.loaded_elsewhere(_number))
        return make_ready(thread);
    thread.wait = Wait::none;
    thread.processor = this;
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

void Processor::reconsider(Thread& thread) {
    if (thread.wait == Wait::ready) { // also when it may stay: others may be idle
        remove(thread);
        make_ready(thread);
    } else if (&thread == _current && !may_run_here(thread)) {
        if (this != &this_processor())
            halt(); // "at once": it does not go on here until it has been moved
        __atomic_store_n(&_reschedule, true, __ATOMIC_SEQ_CST);
    }
}

void Processor::set_priority(Thread& thread, unsigned priority) {
    {
        Lock_guard const guard{_lock};
        if (thread.wait == Wait::ready)
            _queue.remove(thread, thread.priority());
        thread.set_priority(priority);
        if (thread.wait == Wait::ready)
            _queue.push_back(thread, priority);
        else if (&thread == _current)
            _running_priority = static_cast<int>(priority);
        else
            return;
    }
    preempt();
}

void Processor::arm(Thread& thread, Time deadline) {
    if (deadline == never)
        return;
    thread.timer_at = this;
    _timers.insert(thread, deadline);
}

void Processor::bury_current() {
    _buried = _current;
    _reschedule = true;
}

void Processor::drop_current() {
    account_current(arch::now());
    _current = nullptr;
    disturb();
}

void Processor::disturb() {
    _disturbed = true;
    __atomic_store_n(&_reschedule, true, __ATOMIC_RELAXED);
}

void Processor::timer_arrived() {
    _programmed = never;
    Time const now = arch::now();
    while (Timer_node* const node = _timers.due(now)) {
        auto& thread = static_cast<Thread&>(*node);
        bool const sleeps = thread.wait == Wait::sleep;
        if (!sleeps && !gate.exclusive()) { // somebody may be waking it
            Gate::become_exclusive(*this);
            continue;
        }
        thread.cancel(sleeps ? Error::none : Error::timed_out);
        make_ready(thread);
    }
    _reschedule = true;
}

void Processor::account(Time now) {
    if (!_current || now <= _since) // another processor's look may have been later
        return;
    Time const used = now - _since;
    _current->processor_time += used;
    _current->slice_left = used < _current->slice_left ? _current->slice_left - used : 0;
}

void Processor::account_current(Time now) {
    account(now);
    _since = now > _since ? now : _since;
}

// Somebody else runs here instead of the current thread, which could run at once elsewhere.
bool Processor::goes_elsewhere(Thread const& current) const {
    auto const own = static_cast<int>(current.priority());
    int const next = _next ? static_cast<int>(_next->priority()) : nobody;
    int const other = next > _queue.highest() ? next : _queue.highest();
    bool const gives_way = other > own || (other == own && current.slice_left == 0);
    return gives_way && (processors().idle() & current.affinity & ~set_of(_number)) != 0;
}

// A thread that can go on keeps its place while its slice lasts.
void Processor::put_back_current() {
    if (!_current || _current->wait != Wait::none)
        return;
    bool const expired = _current->slice_left == 0;
    _current->wait = Wait::ready;
    if (!may_run_here(*_current) || goes_elsewhere(*_current))
        _expelled = _current;
    else if (expired)
        _queue.push_back(*_current, _current->priority());
    else
        _queue.push_front(*_current, _current->priority());
}

// Of our own queue, or who was handed over to.
Thread* Processor::take_highest() {
    Lock_guard const guard{_lock};
    put_back_current();
    Thread* taken = _next;
    _next = nullptr;
    bool const accepting = (processors().accepting() & set_of(_number)) != 0;
    if (taken && (!accepting || static_cast<int>(taken->priority()) < _queue.highest())) {
        taken->wait = Wait::ready;
        _queue.push_back(*taken, taken->priority());
        taken = nullptr;
    }
    if (!taken && accepting)
        taken = _queue.pop_highest();
    _running_priority = taken ? static_cast<int>(taken->priority()) : nobody;
    return taken;
}

Thread* Processor::choose() {
    Thread* const own = take_highest();
    if (own || !(processors().accepting() & set_of(_number)))
        return own;
    processors().begin_idle(_number); // before looking at others: who comes later finds us
    _idle = true;
    return steal();
}

// The highest of this queue that may run on one of `to`, and whose state is in memory.
Thread* Processor::give_away(Processor_set to) {
    constexpr unsigned most_looks = 16;
    unsigned looks = 0;
    Lock_guard const guard{_lock};
    for (int priority = _queue.highest(); priority >= 0; --priority)
        for (Thread* each = _queue.first_of(static_cast<unsigned>(priority)); each;
             each = _queue.next(*each, static_cast<unsigned>(priority)))
            if (looks++ == most_looks) {
                return nullptr;
            } else if ((each->affinity & to) && !each->loaded_elsewhere(no_processor)) {
                _queue.remove(*each, static_cast<unsigned>(priority));
                return each;
            }
    return nullptr;
}

// Of the processors not in `tried`, the one whose queue has the most urgent thread.
Processor* Processor::richest_but(Processor_set tried) {
    Processor* richest = nullptr;
    int highest = nobody;
    for (uint32_t number = 0; number < processors().count(); ++number) {
        Processor& other = *processors().at(number);
        int const there = tried & set_of(number) ? nobody : other._queue.highest();
        if (there > highest) {
            highest = there;
            richest = &other;
        }
    }
    return richest;
}

// The first may have only threads that may not run here.
Thread* Processor::steal() {
    Processor_set tried = set_of(_number);
    if (!(processors().accepting() & tried))
        return nullptr;
    Thread* taken = nullptr;
    for (Processor* from = richest_but(tried); from && !taken; from = richest_but(tried)) {
        tried |= set_of(from->number());
        taken = from->give_away(set_of(_number));
    }
    if (!taken)
        return nullptr;
    taken->processor = this;
    Lock_guard const guard{_lock};
    _running_priority = static_cast<int>(taken->priority());
    return taken;
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
    if (_idle)
        (void)processors().end_idle(_number);
    _idle = false;
    _current = &next;
    _since = now;
    if (_previous != &next || next.ran_on != _number) {
        __atomic_store_n(&_switches, _switches + 1, __ATOMIC_RELAXED);
        next.place_on(_number);
        arch::switch_to(next);
        release_loaded();
    } else if (!_loaded) {
        arch::resume_state();
    }
    _previous = _loaded = &next;
    next.set_loaded_on(_number);
}

// Nobody runs here: others may take over who did.
void Processor::unload() {
    arch::save_state();
    release_loaded();
}

// Its registers are in memory now.
void Processor::release_loaded() {
    if (_loaded)
        _loaded->set_loaded_on(no_processor);
    _loaded = nullptr;
}

void Processor::reschedule() {
    switch_threads();
    while (_current && _current->fault_state() == Fault_state::unanswered)
        [[unlikely]] {
            Gate::become_exclusive(*this);
            if (!_disturbed)
                end_by_fault(*_current);
            switch_threads();
        }
    if (_current)
        return;
    if (_retiring)
        return leave_for_good();
    Gate::leave(*this, false);
    arch::idle();
}

void Processor::switch_threads() {
    __atomic_store_n(&_reschedule, false, __ATOMIC_SEQ_CST);
    _disturbed = false;
    Time const now = arch::now();
    account(now);
    Thread* const next = choose();
    _current = nullptr;
    if (next)
        run(*next, now);
    else
        unload();
    if (Thread* const expelled = _expelled) {
        _expelled = nullptr;
        make_ready(*expelled);
    }
    if (Thread* const buried = _buried) {
        _buried = nullptr;
        if (buried->drop())
            buried->last_reference_gone();
    }
    set_timer(now);
}

} // namespace kernel
