// SPDX-License-Identifier: MIT
#include <kernel/accounting.hpp>

namespace kernel {

namespace {

void take_greater(uint64_t& most, uint64_t value) { most = value > most ? value : most; }

unsigned bits(uint64_t value) {
    return value ? 64 - static_cast<unsigned>(__builtin_clzl(value)) : 0;
}

} // namespace

void begin_turn(abi::Thread_account& account, Turn& turn, uint32_t processor, unsigned priority,
                Time now) {
    Writing const writing{account.sequence};
    Time const passed = pass(account.since, now);
    account.time[account.phase] += passed;
    turn.woken = phase_of(account) == abi::Thread_phase::woken;
    if (turn.woken) {
        turn.latency = passed;
        ++account.wake_ups;
        account.latency += passed;
        take_greater(account.latency_most, passed);
    }
    account.switches += turn.switched;
    account.migrations += turn.migrated;
    account.phase = static_cast<uint64_t>(abi::Thread_phase::running);
    account.processor = processor;
    account.priority = priority;
}

void enter_activity(abi::Processor_counts& counts, abi::Activity activity, Time now) {
    counts.time[counts.activity] += pass(counts.updated, now);
    counts.activity = static_cast<uint64_t>(activity);
}

void count_turn(abi::Processor_counts& counts, Turn const& turn) {
    counts.switches += turn.switched;
    counts.migrations_in += turn.migrated;
    if (!turn.woken)
        return;
    ++counts.wake_ups;
    counts.latency += turn.latency;
    take_greater(counts.latency_most, turn.latency);
    unsigned const place = bits(turn.latency);
    unsigned const last = abi::Processor_counts::latencies - 1;
    ++counts.histogram[place < last ? place : last];
}

// The writer marks the begin of an update, and no two updates have the same moment.
abi::Run_state run_state_at(abi::Run_state const& record, Time now) {
    abi::Run_state const volatile& source = record;
    for (;;) {
        uint64_t const since = source.since;
        asm volatile("" ::: "memory");
        abi::Run_state copy{source.state,
                            0,
                            since,
                            {source.time[0], source.time[1], source.time[2], source.time[3]},
                            {}};
        asm volatile("" ::: "memory");
        if (since & abi::Run_state::writing || since != source.since)
            continue;
        if (since && copy.state < abi::Run_state::kinds)
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
