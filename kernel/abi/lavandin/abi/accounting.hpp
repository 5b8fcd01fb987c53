// SPDX-License-Identifier: MIT
// What the system knows of its use of time, in pages that user code reads without system calls:
// one for each processor (processor_accounts), one for each process's threads (process_accounts).
//
// All are words of 64 bits. A record begins with a sequence count: odd while it is being written,
// another one afterwards. So who reads the count, then the record, then the same even count again
// has what belongs together. Counts of time run up to a moment that is in the record; what has gone
// by since then belongs to what the record says is happening now, so that nobody has to write for
// time to pass.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lavandin::abi {

// What the platform makes of a processor, written by the platform whenever that changes, also while
// the processor does not run. `since` is the sequence count: its highest bit is set while the
// record is being written, and no two changes have the same moment.
struct Run_state {
    static constexpr uint64_t writing = uint64_t{1} << 63;
    static constexpr unsigned kinds = 4;

    uint32_t state; // Run_kind
    uint32_t reserved;
    uint64_t since;       // on the platform's clock (Processor_accounts, origin)
    uint64_t time[kinds]; // nanoseconds by Run_kind, up to `since`
    uint64_t reserved_words[2];
};

enum class Run_kind : uint64_t {
    running = 0, // on a physical processor
    stolen = 1,  // could have run, while others had the physical processors
    blocked = 2, // had nothing to do
    offline = 3, // stopped
};

// What the kernel does with a processor: since `updated`, and how long in all.
enum class Activity : uint64_t {
    idle = 0, // has nobody to run
    busy = 1, // runs a thread
    away = 2, // parked, stopped, not started yet
};

struct Processor_counts {
    static constexpr unsigned activities = 3;
    static constexpr unsigned latencies = 32;
    static constexpr unsigned classes = 8;

    uint64_t sequence;
    uint64_t updated;          // nanoseconds of the clock: up to then times are counted
    uint64_t activity;         // Activity since then
    uint64_t running;          // identifier of the thread that runs; 0 for none
    uint64_t time[activities]; // nanoseconds by Activity
    uint64_t ready;            // threads in the run queue; who runs is not among them
    uint64_t state;            // Processor_state
    uint64_t switches;         // threads that began to run after another one
    uint64_t migrations_in;    // threads that came to run here after another processor
    uint64_t migrations_out;
    // Threads that waited and came to run by way of the run queue. Who is handed the processor by
    // a message does not wait for it and is not counted.
    uint64_t wake_ups;
    uint64_t latency;              // nanoseconds from ready to running, sum
    uint64_t latency_most;         // and the longest
    uint64_t histogram[latencies]; // [n]: wake-ups that took 2^(n-1) to 2^n - 1 nanoseconds
    // What follows may be 64 switches old.
    uint64_t lock_waits;          // kernel locks that were held by another processor
    uint64_t lock_sleeps;         // and still were after looking for a while
    uint64_t kernel_entries;      // from user mode
    uint64_t interrupts;          // upcalls taken
    uint64_t timer_interrupts;    // those of the timer among them
    uint64_t class_time[classes]; // nanoseconds busy, by scheduling class
};

// The page of a processor.
struct Processor_accounts {
    static constexpr uint64_t current_version = 1;

    Run_state platform;
    uint64_t version; // of this layout
    uint64_t number;
    uint64_t origin; // the platform's clock shows so much more than ours
    uint64_t begun;  // nanoseconds of the clock: when counting began
    uint64_t reserved[4];
    Processor_counts counts;
};

// What a thread does: since `since`, and how long in all.
enum class Thread_phase : uint64_t {
    running = 0,
    preempted = 1, // ready; had to give way
    woken = 2,     // ready; waited before
    waiting = 3,   // for a message, a moment, ...
};
inline constexpr unsigned thread_phases = 4;

struct Thread_account {
    uint64_t sequence;
    uint64_t identifier;          // 0: nobody's
    uint64_t begun;               // nanoseconds of the clock: when it was made
    uint64_t since;               // up to then times are counted
    uint64_t phase;               // Thread_phase since then
    uint64_t processor;           // where it runs or ran last
    uint64_t priority;            // that it runs at; also what it is lent
    uint64_t time[thread_phases]; // nanoseconds by Thread_phase
    uint64_t switches;            // how often it began to run after another thread
    uint64_t migrations;          // to another processor than before
    uint64_t wake_ups;            // as in Processor_counts
    uint64_t latency;
    uint64_t latency_most;
};

// Threads of a process that have ended, all together, and what is true of the rest.
struct Process_counts {
    uint64_t sequence;
    uint64_t identifier; // of the process
    uint64_t threads;    // that have not ended
    uint64_t unlisted;   // of these, those without a record: they count here when they end
    uint64_t time[thread_phases];
    uint64_t switches;
    uint64_t migrations;
    uint64_t wake_ups;
    uint64_t latency;
    uint64_t latency_most;
    uint64_t reserved[3];
};

// The page of a process.
struct Process_accounts {
    static constexpr unsigned most_threads = 31;

    Process_counts counts;
    Thread_account threads[most_threads];
};

inline constexpr uint64_t accounts_bytes = 4096; // of either page

static_assert(sizeof(Run_state) == 64);
static_assert(offsetof(Processor_accounts, counts) == 128);
static_assert(sizeof(Processor_accounts) <= accounts_bytes);
static_assert(sizeof(Thread_account) == 128 && sizeof(Process_counts) == 128);
static_assert(sizeof(Process_accounts) == accounts_bytes);

} // namespace lavandin::abi
