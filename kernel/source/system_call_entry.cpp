// SPDX-License-Identifier: MIT
// The way from user mode to a handler and on to the thread that runs next.
#include <kernel/boot.hpp>
#include <kernel/dispatch.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system_call_count.hpp>

extern "C" void system_call_from_user();

namespace {
uint64_t system_calls;
}

void system_call_from_user() {
    using namespace kernel;
    ++system_calls;
    Processor& processor = this_processor();
    Thread& caller = *processor.current();
    caller.enter();
    dispatch(caller);
    if (processor.must_reschedule())
        processor.reschedule();
}

namespace kernel {

uint64_t system_call_count() { return system_calls; }

void timer_arrived() { this_processor().timer_arrived(); }

void events_handled() {
    Processor& processor = this_processor();
    if (processor.must_reschedule() || !processor.current())
        processor.reschedule();
}

void log_current_process() {
    Thread* const thread = this_processor().current();
    if (thread)
        log("while process {} ({}) ran", thread->process().name(), thread->process().identifier());
}

} // namespace kernel
