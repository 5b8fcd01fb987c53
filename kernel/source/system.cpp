// SPDX-License-Identifier: MIT
#include <arch/address_space.hpp>
#include <arch/clock.hpp>
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system.hpp>
#include <kernel/system_call_count.hpp>

namespace kernel {

namespace {

Notification* log_reader;
uint64_t log_reader_bits;

void tell_log_reader() { log_reader->signal(log_reader_bits); }

void set_log_reader(Ref<Notification> notification, uint64_t bits) {
    set_log_listener(nullptr);
    if (log_reader && log_reader->drop())
        log_reader->last_reference_gone();
    log_reader = notification.release();
    log_reader_bits = bits;
}

// The platform adds up to the last change of state: we to now.
void add(abi::System_information& sum, abi::Processor_accounts const& processor) {
    abi::Run_state const state = run_state_at(processor.platform, arch::now() + processor.origin);
    sum.thread_switches += processor.counts.switches;
    sum.running_time += state.time[static_cast<unsigned>(abi::Run_kind::running)];
    sum.stolen_time += state.time[static_cast<unsigned>(abi::Run_kind::stolen)];
    sum.blocked_time += state.time[static_cast<unsigned>(abi::Run_kind::blocked)];
    sum.offline_time += state.time[static_cast<unsigned>(abi::Run_kind::offline)];
}

} // namespace

Result<void> System::bind_log(Ref<Notification> const& notification, uint64_t bits,
                              Capability_table& table, abi::Capability_index slot,
                              abi::Capability_index notification_slot) {
    if (!_log_binding.attach(table, slot, *this, notification_slot, *notification))
        return Error::invalid_capability;
    set_log_reader(notification, bits);
    log_to_console(false);
    set_log_listener(tell_log_reader);
    return {};
}

void System::unbind_log() {
    _log_binding.detach();
    log_to_console(true);
    set_log_reader({}, 0);
}

void System::describe(abi::System_information& information) const {
    information = {};
    arch::Counters const counters = arch::counters();
    information.total_frames = _total_frames;
    information.free_frames = frame_pool().free();
    information.kernel_frames = _total_frames - frame_pool().total();
    information.kernel_entries = counters.kernel_entries;
    information.system_calls = system_call_count();
    information.platform_calls = counters.platform_calls;
    information.table_switches = counters.table_switches;
    information.events = counters.events;
    information.timer_interrupts = counters.timer_interrupts;
    for (uint32_t number = 0; number < processors().count(); ++number)
        add(information, processors().at(number)->accounts());
    for (unsigned type = 0; type < abi::object_types; ++type)
        information.objects[type] = object_count(static_cast<Object_type>(type));
    Lock_waits const waits = lock_waits();
    information.lock_waits = waits.waits;
    information.lock_sleeps = waits.sleeps;
    information.page_tables = arch::table_counts().in_use;
    information.pooled_page_tables = arch::table_counts().pooled;
}

} // namespace kernel
