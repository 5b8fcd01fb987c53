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
    explicit Writing(uint64_t& sequence) : _sequence{sequence} {
        __atomic_store_n(&_sequence, _sequence + 1, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    ~Writing() { __atomic_store_n(&_sequence, _sequence + 1, __ATOMIC_RELEASE); }
    Writing(Writing const&) = delete;
    Writing& operator=(Writing const&) = delete;

private:
    uint64_t& _sequence;
};

// Time that has passed since `moment`, which becomes `now`. Moments come from different processors
// and may be a little out of order.
inline Time pass(uint64_t& moment, Time now) {
    Time const passed = now > moment ? now - moment : 0;
    moment += passed;
    return passed;
}

// What the thread did up to now is on its account; from now on it does something else.
inline void enter_phase(abi::Thread_account& account, abi::Thread_phase phase, Time now) {
    Writing const writing{account.sequence};
    account.time[account.phase] += pass(account.since, now);
    account.phase = static_cast<uint64_t>(phase);
}

inline abi::Thread_phase phase_of(abi::Thread_account const& account) {
    return static_cast<abi::Thread_phase>(account.phase);
}

// What a processor has to count when a thread begins its turn.
struct Turn {
    bool switched{false}; // after another thread
    bool migrated{false}; // from another processor
    bool woken{false};    // it had waited, and then
    Time latency{0};      // had to wait for the processor
};

// The thread runs from now on, as the turn says.
void begin_turn(abi::Thread_account& account, Turn& turn, uint32_t processor, unsigned priority,
                Time now);
// What the processor did up to now is on its account; from now on it does something else.
void enter_activity(abi::Processor_counts& counts, abi::Activity activity, Time now);
// Of an inner part of writing the record.
void count_turn(abi::Processor_counts& counts, Turn const& turn);

// The platform's record, whole, as if it had been written at `now` of the platform's clock.
abi::Run_state run_state_at(abi::Run_state const& record, Time now);

// Adds what a thread that has ended did.
void add_ended(abi::Process_counts& ended, abi::Thread_account const& thread);

} // namespace kernel
