// SPDX-License-Identifier: MIT
// The way from user mode to a handler and on to the thread that runs next.
#include <kernel/boot.hpp>
#include <kernel/dispatch.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/register_dump.hpp>
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

// The whole process ends: what one of its threads was about to do for the others is lost. It is the
// one that the thread executes in, also as a visitor from another member of the group, which goes
// on with an error. A thread that faults because it came back to a member that is gone goes on
// below that one.
void thread_faulted(Fault const& fault) {
    Thread& thread = *this_processor().current();
    Process* const place = thread.fault_place();
    if (!place) {
        thread.settle();
        return this_processor().reschedule();
    }
    Process& process = *place;
    log("process {} ({}): {}, code {x}, address {x}, at [<{}:{x}>]", process.name(),
        process.identifier(), fault.name, fault.code, fault.address, process.name(),
        thread.registers().instruction_pointer());
    log_registers(thread.registers());
    process.set_fault({fault.address, thread.registers().instruction_pointer(), fault.code});
    process.end(abi::Process_state::faulted, fault.vector);
    this_processor().reschedule();
}

} // namespace kernel
