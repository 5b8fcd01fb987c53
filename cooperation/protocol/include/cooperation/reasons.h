// SPDX-License-Identifier: MIT
// Why: outcomes, reasons, needs, load states, standings. Values are never reused.
#ifndef COOPERATION_REASONS_H
#define COOPERATION_REASONS_H

// What an ANSWER says about a REQUEST.
enum coop_outcome {
    COOP_GRANTED = 1, // all that was wanted: an OFFER (or RECLAIM) follows where something moves
    COOP_PARTLY = 2,  // less than wanted, but at least the minimum that is useful
    COOP_REFUSED_NOW = 3, // nothing; asking again before `again` is useless
    COOP_LATER = 4,       // nothing yet; noted until the request's `by`, an OFFER comes when it can
    COOP_OUTCOMES = 5,
};

// Why something was not done, or not wholly, or is wanted.
enum coop_reason {
    COOP_REASON_NONE = 0,           // nothing to explain
    COOP_REASON_PINNED = 1,         // a thread that must not move; `detail` is its number
    COOP_REASON_LOCK = 2,           // a lock held on that processor
    COOP_REASON_QUOTA = 3,          // kernel memory or another quota is used up
    COOP_REASON_LAST = 4,           // the last processor, or one that the system needs (VCPU 0)
    COOP_REASON_BUSY = 5,           // another change of that processor is under way
    COOP_REASON_NEEDED = 6,         // the guest needs it more than it is wanted
    COOP_REASON_UNWANTED = 7,       // the guest has no work for it
    COOP_REASON_EXPIRED = 8,        // the deadline passed first
    COOP_REASON_HYPERVISOR = 9,     // Xen refused to start or stop the VCPU; `detail` is its error
    COOP_REASON_ADMINISTRATOR = 10, // a human decided (xl vcpu-set, coopctl, guest's shell)
    COOP_REASON_POLICY = 11,        // the policy's rules say so
    COOP_REASON_ENTITLEMENT = 12,   // at or over its entitlement while others are short
    COOP_REASON_CEILING = 13,       // more than the domain may ever have
    COOP_REASON_PRESSURE = 14,      // the host is short of processors
    COOP_REASON_SURPLUS = 15,       // the host has processors to spare
    COOP_REASON_STANDING = 16,      // the domain's misbehaviour
    COOP_REASON_VERSION = 17,       // no version in common
    COOP_REASON_CAPABILITY = 18,    // a capability that was not agreed upon
    COOP_REASON_RATE = 19,          // asked too often
    COOP_REASON_CLOSING = 20,       // the side that answers is about to leave
    COOP_REASONS = 21,
};

// Why a guest requests.
enum coop_need {
    COOP_NEED_QUEUE = 1,         // runnable threads wait
    COOP_NEED_LATENCY = 2,       // wake-ups come late
    COOP_NEED_PARALLEL = 3,      // a parallel program wants whole processors at the same time
    COOP_NEED_STOLEN = 4,        // it loses time: fewer but whole processors would serve it better
    COOP_NEED_SURPLUS = 5,       // it has more than it needs
    COOP_NEED_ADMINISTRATOR = 6, // somebody asked by hand
    COOP_NEEDS = 7,
};

// Typical load states.
enum coop_load {
    COOP_LOAD_UNKNOWN = 0, // not classified
    COOP_LOAD_IDLE = 1,
    COOP_LOAD_INTERACTIVE = 2, // short bursts, wake-up latency matters
    COOP_LOAD_IO = 3,          // mostly waits for devices
    COOP_LOAD_THROUGHPUT = 4,  // independent computing threads
    COOP_LOAD_PARALLEL = 5,    // threads that meet at barriers
    COOP_LOAD_LOCKS = 6,       // threads that wait for each other's locks
    COOP_LOAD_SATURATED = 7,   // more of everything than it has processors for
    COOP_LOADS = 8,
};

// A domain's standing in the ledger.
enum coop_standing {
    COOP_STANDING_GOOD = 0,      // nothing held against it
    COOP_STANDING_WATCHED = 1,   // misbehaved lately: its claims count for nothing
    COOP_STANDING_SUSPENDED = 2, // messages are not looked at until `suspended_until`
    COOP_STANDINGS = 3,
};

#endif
