// SPDX-License-Identifier: MIT
// Processors for clients: which there are, and having them start, park, unpark and stop.
// Answers carry an abi::Error as label.
#pragma once

#include <lavandin/abi/processor.hpp>

namespace lavandin::resource_manager_protocol {

inline constexpr uint64_t maximum_processors = 64;
inline constexpr uint64_t maximum_client_requests = 4; // that wait, at a time

enum class Label : uint32_t {
    // w0: number. Answers an Entry in the buffer.
    // Errors: invalid_argument (not below maximum_processors).
    list = 1,
    // w0: number, w1: deadline (nanoseconds of the clock, or `forever`). Each answers an Outcome in
    // the buffer once it has happened, is refused, or the deadline has passed; then, and when the
    // client ends, a park or stop is taken back. Need role_control.
    // Errors: permission_denied, invalid_argument (not below maximum_processors), quota_exceeded
    // (the client waits for too many).
    start = 2,
    park = 3,
    stop = 4,
    // w0: number. Also takes back a park or stop that is under way; whoever asked for that gets
    // `cancelled`. Answers an Outcome at once.
    // Errors: as above.
    unpark = 5,
    // How cooperation with the VMM side stands. Answers a Cooperation_state in the buffer.
    cooperation = 6,
    // w0: processors wanted, in all; w1: nanoseconds for which they are wanted. Asks the VMM side;
    // answers an Asked in the buffer once it has. Until then nothing else is asked for.
    // Errors: permission_denied, invalid_argument (not a number of processors), busy (a request
    // waits), wrong_state (there is nobody to ask).
    request = 7,
    // w0: how many to give up, w1: nanoseconds for which. Answers an Asked once they are out of
    // use. Errors: as above.
    give = 8,
};

// Roles in a client's badge, from bit 32 on (see init_protocol.hpp).
inline constexpr uint64_t role_control = 1;

// The thread that may run nowhere else.
struct Obstacle {
    uint64_t process; // as init numbers them; 0: init does not know it (any more)
    uint64_t thread;  // as thread_information tells it
    char name[16];    // the process's, NUL-padded
};

// `error`: none, or one of processor_control's: wrong_state, busy, no_processor (it is the last
// one), pinned (`obstacle` says by whom), not_supported (stop: it is the first one), refused (by
// the platform), cancelled, timed_out.
struct Outcome {
    uint64_t error; // abi::Error
    Obstacle obstacle;
};

enum class Availability : uint64_t {
    unknown = 0, // whoever runs this machine has not said
    online = 1,
    offline = 2,
};

// What became of `request` or `give`: protocol numbers (cooperation/reasons.h).
struct Asked {
    uint64_t error;      // abi::Error: none, or peer_died (the VMM side went meanwhile)
    uint64_t outcome;    // enum coop_outcome; 0 for `give`
    uint64_t reason;     // enum coop_reason
    uint64_t processors; // that may be in use in all; for `give`: how many were given up
};

// What follows is as the protocol numbers it (docs/cooperation-protocol.md); masks have a bit per
// processor, shares are thousandths of a processor.
struct Cooperation_state {
    uint64_t connection; // Connection
    uint64_t session;
    uint64_t instance;
    uint64_t capabilities;
    uint64_t ceiling;
    uint64_t entitlement;
    uint64_t turned_away; // why, if it was
    uint64_t period;      // nanoseconds between reports, now
    // As the VMM side shows it.
    uint64_t allotted;
    uint64_t use;
    uint64_t pressure;
    uint64_t standing;
    uint64_t enforced;
    uint64_t enforcements;
    uint64_t misbehaviour;
    // As was reported last.
    uint64_t online;
    uint64_t given; // out of use by cooperation
    uint64_t load;
    uint64_t demand;
    uint64_t confidence;
    uint64_t runnable;
    // The last request and its answer; outcome 0: none yet.
    uint64_t wanted; // 0: none was made
    uint64_t need;
    uint64_t outcome;
    uint64_t answer_reason;
    uint64_t answer_processors;
    // The last reply.
    uint64_t reply_type; // enum coop_type of what it replied to; 0: none
    uint64_t reply_processors;
    uint64_t reply_reason;
    uint64_t reply_processor;
    uint64_t reply_detail;
    // Counts.
    uint64_t sessions;
    uint64_t reports;
    uint64_t requests;
    uint64_t releases;
    uint64_t offers_taken;
    uint64_t offers_refused;
    uint64_t reclaims_followed;
    uint64_t reclaims_refused;
    uint64_t errors; // messages of the VMM side that were not accepted
    // Moments of the last request, nanoseconds of the clock; 0: not so far. The VMM side's are as
    // it says.
    uint64_t asked_at;   // it was written
    uint64_t judged_at;  // the VMM side had woken, and began to decide
    uint64_t decided_at; // it had decided
    uint64_t offered_at; // the offer that came of it was seen
    uint64_t moved_at;   // what was offered was in use
};

enum class Connection : uint64_t {
    impossible = 0, // no store, or the platform has no grants or channels
    apart = 1,      // nobody is there on the other side
    greeting = 2,
    joined = 3,
    rejected = 4,
    left = 5,
};

struct Entry {
    abi::Processor_information information;
    uint64_t asked;   // Availability: what whoever runs this machine asked for last
    uint64_t waiting; // 1: that has not been done yet, and is tried again
    // The last transition that was refused, if none succeeded since.
    uint64_t refused_action; // abi::Processor_action
    Outcome refusal;
};

} // namespace lavandin::resource_manager_protocol
