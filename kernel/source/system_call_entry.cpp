// SPDX-License-Identifier: MIT
// The ways into the kernel and on to the thread that runs next.
#include <kernel/boot.hpp>
#include <kernel/dispatch.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system_call_count.hpp>

extern "C" void system_call_from_user();

namespace kernel {

namespace {

uint64_t system_calls[arch::most_processors];

// True when the call is done, or void; else it is to be made exclusively.
bool make_call_shared(Processor& processor, Entry entry) {
    Gate::enter_shared(processor);
    if (processor.disturbed())
        return true;
    Thread& caller = *processor.current();
    caller.enter();
    if (entry == Entry::attempt && !attempt_call(caller)) {
        Gate::become_exclusive(processor);
        return false;
    }
    if (entry == Entry::shared)
        dispatch(caller);
    return true;
}

void make_call(Processor& processor) {
    Entry const entry = entry_of(processor.current()->registers().number());
    if (entry == Entry::exclusive)
        Gate::enter_exclusive(processor);
    else if (make_call_shared(processor, entry))
        return;
    if (processor.disturbed())
        return;
    Thread& caller = *processor.current();
    caller.enter();
    dispatch(caller);
}

void leave(Processor& processor) {
    if (processor.must_reschedule() || processor.work_left())
        processor.reschedule();
    Gate::leave(processor, true);
}

} // namespace

uint64_t system_call_count() {
    uint64_t sum = 0;
    for (uint64_t const& each : system_calls)
        sum += __atomic_load_n(&each, __ATOMIC_RELAXED);
    return sum;
}

void events_begin() { Gate::enter_shared(this_processor()); }

void timer_arrived() { this_processor().timer_arrived(); }

void events_handled() {
    Processor& processor = this_processor();
    if (!processor.current())
        processor.reschedule();
    leave(processor);
}

void thread_faulted(Fault const& fault) {
    Processor& processor = this_processor();
    Gate::enter_exclusive(processor);
    if (!processor.disturbed())
        handle_fault(*processor.current(), fault);
    leave(processor);
}

void log_current_process() {
    Thread* const thread = this_processor().current();
    if (thread)
        log("while process {} ({}) ran", thread->process().name(), thread->process().identifier());
}

} // namespace kernel

void system_call_from_user() {
    using namespace kernel;
    Processor& processor = this_processor();
    uint64_t& count = system_calls[processor.number()];
    __atomic_store_n(&count, count + 1, __ATOMIC_RELAXED);
    make_call(processor);
    leave(processor);
}
