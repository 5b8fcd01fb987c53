// SPDX-License-Identifier: MIT
// What somebody changes about the threads of a processor, or about how it schedules them.
#include <arch/clock.hpp>
#include <arch/processor.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

// The begin of the current turn is near enough for most modules; asking the clock costs more than
// they do.
Time Processor::time_for(Thread const& thread) const {
    return _classes.wants_time(thread) ? arch::now() : _since;
}

void Processor::remove(Thread& thread) {
    Lock_guard const guard{_lock};
    _classes.leave(thread, _since);
    publish_length();
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

template <typename Change>
void Processor::change(Thread& thread, Change change) {
    {
        Lock_guard const guard{_lock};
        if (thread.wait == Wait::ready)
            _classes.change(thread, time_for(thread), change);
        else
            change();
        if (&thread == _running)
            _running_priority = static_cast<int>(thread.priority());
        else if (thread.wait != Wait::ready)
            return;
    }
    preempt();
}

void Processor::set_priority(Thread& thread, unsigned priority) {
    change(thread, [&] { thread.set_priority(priority); });
}

// What it used counts for the class in which it used it.
void Processor::set_class(Thread& thread, unsigned number, uint64_t parameter) {
    {
        Lock_guard const guard{_lock};
        if (&thread == _running)
            charge_current(arch::now());
        if (thread.wait != Wait::ready)
            _classes.stop(thread, _since);
    }
    change(thread, [&] { thread.set_class(number, parameter); });
}

void Processor::serve_by(uint64_t place, Algorithm* algorithm, void* state, uint32_t installation) {
    Lock_guard const guard{_lock};
    _classes.serve_by(place, algorithm, state, installation, arch::now());
    if (_running || !_classes.empty())
        preempt();
}

void Processor::set_share(uint64_t place, uint64_t thousandths) {
    Lock_guard const guard{_lock};
    _classes.set_share(place, thousandths);
}

void Processor::describe(uint64_t place, abi::Policy_information& information) {
    Lock_guard const guard{_lock};
    _classes.describe(place, information);
}

} // namespace kernel
