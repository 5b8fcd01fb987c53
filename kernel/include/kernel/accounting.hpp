// SPDX-License-Identifier: MIT
// Writing the accounts (abi/accounting.hpp). Records always have a place: in the kernel's own
// memory until somebody asks for the page, so that counting needs no question whether to.
//
// Of each record there is one writer at a time: of a processor's the processor itself, or whoever
// is exclusive; of a thread's whoever makes it ready, while it is in no queue, and then the
// processor that runs it.
#pragma once

#include <kernel/result.hpp>
#include <kernel/types.hpp>
#include <lavandin/abi/accounting.hpp>

namespace kernel {

// A record is being written while this lives.
class Writing {
public:
    explicit Writing(uint64_t& sequence) : _sequence{sequence}, _odd{sequence | 1} {
        __atomic_store_n(&_sequence, _odd, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    ~Writing() { __atomic_store_n(&_sequence, _odd + 1, __ATOMIC_RELEASE); }
    Writing(Writing const&) = delete;
    Writing& operator=(Writing const&) = delete;

private:
    uint64_t& _sequence;
    uint64_t const _odd;
};

// Time that has passed since `moment`, which becomes `now`. Moments come from different processors
// and may be a little out of order.
inline Time pass(uint64_t& moment, Time now) {
    Time const before = moment;
    if (now < before) [[unlikely]]
        return 0;
    moment = now;
    return now - before;
}

// What follows is in line because it is in the way of every switch of threads.

// What the thread did up to now is on its account; from now on it does something else. Answers how
// long it did what it did.
inline Time enter_phase(abi::Thread_account& account, abi::Thread_phase phase, Time now) {
    Writing const writing{account.sequence};
    Time const passed = pass(account.since, now);
    account.time[account.phase] += passed;
    account.phase = static_cast<uint64_t>(phase);
    return passed;
}

inline abi::Thread_phase phase_of(abi::Thread_account const& account) {
    return static_cast<abi::Thread_phase>(account.phase);
}

// What the processor did up to now is on its account; from now on it does something else. For who
// is writing the record.
inline void enter_activity(abi::Processor_counts& counts, abi::Activity activity, Time now) {
    counts.time[counts.activity] += pass(counts.updated, now);
    counts.activity = static_cast<uint64_t>(activity);
}

// A thread that had waited was ready for so long before it ran.
void count_wake_up(abi::Processor_counts& processor, abi::Thread_account& thread, Time latency);
// It runs on another processor than before.
void count_migration(abi::Processor_counts& from, abi::Processor_counts& to,
                     abi::Thread_account& thread);

// The platform's record, whole, as if it had been written at `now` of the platform's clock.
abi::Run_state run_state_at(abi::Run_state const& record, Time now);

// Adds what a thread that has ended did.
void add_ended(abi::Process_counts& ended, abi::Thread_account const& thread);

} // namespace kernel
