// SPDX-License-Identifier: MIT
// State that needs no message: what the guest reports and what the VMM side shows. The writer makes
// `changes` odd, writes, makes it even; a reader copies in between two looks at the same even
// value.
#ifndef COOPERATION_AREA_H
#define COOPERATION_AREA_H

#include <cooperation/check.h>
#include <cooperation/limits.h>

// What a guest reports of one processor. Times are sums since it was first started and never
// decrease within a session.
struct coop_processor_report {
    uint64_t busy;     // ran threads
    uint64_t idle;     // nothing to run (blocked in Xen of its own accord, not out of use)
    uint64_t stolen;   // wanted to run, but Xen ran somebody else
    uint64_t blocked;  // out of use: parked or stopped
    uint32_t switches; // of threads, modulo 2^32
    uint16_t queue;    // runnable threads that wait for it
    uint16_t state;    // enum coop_processor_state
};
COOP_LAYOUT(struct coop_processor_report, 40, state, 38);

// REPORT, written by the guest.
struct coop_report {
    uint32_t changes;    // odd while being written
    uint32_t session;    // that of HELLO
    uint64_t number;     // of this report: grows by at least 1 within a session
    uint64_t time;       // when it was made; grows
    uint64_t online;     // processors in use
    uint64_t parked;     // processors that are parked
    uint32_t runnable;   // threads that run or could
    uint32_t demand;     // what it could use, in thousandths of a processor: at most 64000
    uint16_t confidence; // in the demand, thousandths
    uint16_t load;       // enum coop_load
    uint16_t processors; // entries of `processor` that are kept: 1 to 64
    uint16_t zero;
    // Characteristics; 0 unless that capability is in force.
    uint32_t interactive;  // threads that run in short bursts
    uint32_t computing;    // threads that use their time slices up
    uint32_t group;        // threads of the largest group that meets at barriers
    uint32_t lock_wait;    // part of the busy time spent waiting for locks, thousandths
    uint32_t wake_latency; // 99th percentile since the last report, microseconds
    uint32_t zero_too;
    uint64_t zero_rest[14];
    struct coop_processor_report processor[COOP_PROCESSORS]; // by number
};
COOP_LAYOUT(struct coop_report, 192 + COOP_PROCESSORS * 40, processor, 192);

// STATUS, written by the VMM side.
struct coop_status {
    uint32_t changes;         // odd while being written
    uint32_t session;         // that of HELLO; 0: there is none
    uint64_t number;          // grows by at least 1 within a session
    uint64_t time;            // when it was written; grows
    uint64_t allotted;        // processors that the domain may have in use
    uint64_t offered;         // those of the offer that is not answered
    uint64_t reclaimed;       // those of the reclaim that is not answered
    uint32_t entitlement;     // in thousandths of a processor
    uint32_t use;             // measured by the VMM side lately, in thousandths of a processor
    uint16_t ceiling;         // processors that the domain may ever have
    uint16_t pressure;        // on the host: demand of all, in thousandths of what there is
    uint16_t standing;        // enum coop_standing
    uint16_t enforced;        // 1: held to its entitlement because of an unanswered reclaim
    uint32_t enforcements;    // how often, in this session
    uint32_t misbehaviour;    // violations counted against it
    uint64_t suspended_until; // with that standing; else 0
    uint64_t zero_rest[6];
};
COOP_LAYOUT(struct coop_status, 128, zero_rest, 80);

#endif
