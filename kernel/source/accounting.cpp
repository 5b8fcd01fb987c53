// SPDX-License-Identifier: MIT
#include <kernel/accounting.hpp>

namespace kernel {

namespace {

void take_greater(uint64_t& most, uint64_t value) { most = value > most ? value : most; }

unsigned bits(uint64_t value) {
    return value ? 64 - static_cast<unsigned>(__builtin_clzl(value)) : 0;
}

} // namespace

void count_wake_up(abi::Processor_counts& processor, abi::Thread_account& thread, Time latency) {
    unsigned const place = bits(latency);
    unsigned const last = abi::Processor_counts::latencies - 1;
    Writing const writing{thread.sequence};
    ++thread.wake_ups;
    thread.latency += latency;
    take_greater(thread.latency_most, latency);
    Writing const writing_processor{processor.sequence};
    ++processor.wake_ups;
    processor.latency += latency;
    take_greater(processor.latency_most, latency);
    ++processor.histogram[place < last ? place : last];
}

// Whoever runs on `from` may write its record meanwhile.
void count_migration(abi::Processor_counts& from, abi::Processor_counts& to,
                     abi::Thread_account& thread) {
    __atomic_fetch_add(&from.migrations_out, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&to.migrations_in, to.migrations_in + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&thread.migrations, thread.migrations + 1, __ATOMIC_RELAXED);
}

// The writer marks the begin of an update, and no two updates have the same moment.
abi::Run_state run_state_at(abi::Run_state const& record, Time now) {
    for (;;) {
        abi::Run_state copy{};
        copy.since = __atomic_load_n(&record.since, __ATOMIC_ACQUIRE);
        copy.state = __atomic_load_n(&record.state, __ATOMIC_ACQUIRE);
        for (unsigned kind = 0; kind < abi::Run_state::kinds; ++kind)
            copy.time[kind] = __atomic_load_n(&record.time[kind], __ATOMIC_ACQUIRE);
        bool const same = __atomic_load_n(&record.since, __ATOMIC_ACQUIRE) == copy.since;
        if (copy.since & abi::Run_state::writing || !same)
            continue;
        if (copy.since && copy.state < abi::Run_state::kinds)
            copy.time[copy.state] += pass(copy.since, now);
        return copy;
    }
}

void add_ended(abi::Process_counts& ended, abi::Thread_account const& thread) {
    Writing const writing{ended.sequence};
    for (unsigned phase = 0; phase < abi::thread_phases; ++phase)
        ended.time[phase] += thread.time[phase];
    ended.switches += thread.switches;
    ended.migrations += thread.migrations;
    ended.wake_ups += thread.wake_ups;
    ended.latency += thread.latency;
    take_greater(ended.latency_most, thread.latency_most);
}

} // namespace kernel
