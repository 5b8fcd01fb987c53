// SPDX-License-Identifier: MIT
// The end of a process, in steps. Each step looks what comes next: nothing is remembered but what
// is still there, so that somebody else can go on with it at any point. The end refers to the
// process while it is anybody's work.
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

Lock dependants_lock; // guards who lives on whom

uint64_t ends; // have begun so far

} // namespace

uint64_t Process::latest_end() { return __atomic_load_n(&ends, __ATOMIC_RELAXED); }

void Process::live_on(Process& maker) {
    Lock_guard const guard{dependants_lock};
    maker._dependants.push_back(*this);
}

void Process::leave_maker() {
    Lock_guard const guard{dependants_lock};
    if (Dependant_tag::linked())
        Dependant_tag::unlink();
}

void Process::end(abi::Process_state state, uint64_t status) {
    if (!alive() && !Leftover::linked())
        return;
    if (alive()) {
        _state = state;
        _status = status;
        _table.close();
        if (_group)
            _group->hide(*this);
        if (!in_shared_group())
            leave_user_mode();
    }
    // Anew, when it has begun: whoever was at it may be a thread of it, and has yet to stop.
    _end = __atomic_add_fetch(&ends, 1, __ATOMIC_RELAXED);
    go_on_ending();
}

// Those of our threads that run on other processors: none of them makes another call, and all that
// comes to run from now on ends by itself (Kernel_work::end_with_process). A server could else
// answer its callers with errors that come of its own end.
void Process::leave_user_mode() {
    for (uint32_t number = 0; number < processors().count(); ++number) {
        Processor& other = *processors().at(number);
        if (&other == &this_processor() || !other.current() || &other.current()->home() != this)
            continue;
        other.halt();
        other.disturb();
    }
}

void Process::go_on_ending() {
    if (!Leftover::linked())
        acquire();
    leave_behind(*this);
}

void Process::take_apart() {
    if (stop_thread() || _table.clear_step() || end_dependant() || release_space())
        return;
    finish();
    Leftover::unlink();
    if (drop())
        last_reference_gone();
}

// Threads are in order of what they know: whoever learns of an end goes behind the others.
bool Process::settle_one(uint64_t which) {
    Thread* const thread = _threads.front();
    if (!thread || thread->settled >= which)
        return false;
    thread->stopping = !alive() && inheritance::forget_one(*thread);
    if (thread->stopping)
        return true;
    {
        Lock_guard const guard{_lock};
        thread->settled = latest_end();
        _threads.remove(*thread);
        _threads.push_back(*thread);
    }
    thread->settle();
    return true;
}

// Without a group there may still be the thread that has been at this before.
bool Process::stop_thread() { return _group ? _group->settle_one(_end) : settle_one(_end); }

// One of those that live on us. Whoever is ending already, perhaps as work of another thread, is
// finished by this one.
bool Process::end_dependant() {
    Ref<Process> dependant;
    {
        Lock_guard const guard{dependants_lock};
        Process* const first = _dependants.front();
        if (!first)
            return false;
        dependant = Ref<Process>{*first};
    }
    dependant->end(abi::Process_state::killed, 0);
    return true;
}

// When no thread is left but the one that does this, which needs it no more.
bool Process::release_space() {
    Thread* const last = _threads.front();
    bool const last_works =
        last && last->work.ending() && _thread_count == 1 && last == this_processor().current();
    if (!_group || (last && !last_works))
        return false;
    if (_mappings.clear_step() || _space.destroy_step())
        return true;
    _group->remove(*this);
    _group.reset();
    return true;
}

void Process::finish() {
    if (_told)
        return;
    _told = true;
    leave_maker();
    quota().close();
    if (_identifier == first_identifier)
        panic("process {}: the first process ended with status {}", _name.text, _status);
    if (_end_notification)
        _end_notification->signal(_end_bits);
    forget_end_notification();
    forget_fault_endpoint();
}

// That was the last thread, of a process that has ended, or that nobody else refers to.
void Process::about_to_lose_thread() {
    if (_thread_count != 1)
        return;
    if (alive() && references() == 1)
        end(abi::Process_state::killed, 0);
    else if (!alive() && _group && !Leftover::linked())
        go_on_ending();
}

// Nobody refers to one that has ended: it is empty.
void Process::last_reference_gone() {
    if (!alive())
        return unmake(*this);
    end(abi::Process_state::killed, 0);
}

} // namespace kernel
