// SPDX-License-Identifier: MIT
// Messages of the two rings: 64 bytes, a head of 24 and a body of 40. Little endian. Fields named
// `zero` are 0 and are checked to be. Masks have bit N for processor N.
#ifndef COOPERATION_MESSAGE_H
#define COOPERATION_MESSAGE_H

#include <cooperation/check.h>
#include <cooperation/limits.h>

// The head of every message.
struct coop_head {
    uint16_t type;    // enum coop_type
    uint16_t service; // enum coop_service
    uint32_t session; // chosen by the guest's HELLO, repeated by every message of both sides; not 0
    uint32_t sequence;  // 1, 2, 3, ... per service, direction and session; 2 follows 2^32 - 1
    uint32_t regarding; // sequence of the other side's message that this one answers; else 0
    uint64_t time;      // when it was sent; not 0
};
COOP_LAYOUT(struct coop_head, 24, time, 16);

// HELLO, guest to VMM side. Its sequence is 1.
struct coop_hello {
    uint16_t version_least;    // versions that the guest speaks: from
    uint16_t version_most;     // to
    uint32_t capabilities;     // enum coop_capability
    uint32_t instance;         // incarnation of the VMM side that is addressed
    uint16_t processors;       // virtual processors that the guest can handle: 1 to 64
    uint16_t processors_least; // it cannot go below this number: 1 to `processors`
    uint64_t report_period;    // the report is renewed that often at best
    uint64_t reclaim_time;     // deadlines nearer than this are likely to be missed
    uint64_t zero;
};
COOP_LAYOUT(struct coop_hello, 40, zero, 32);

// WELCOME, VMM side to guest. Its sequence is 1, it regards 1.
struct coop_welcome {
    uint16_t version;      // the chosen one; 0: none fits, and there is no session
    uint16_t reason;       // enum coop_reason: why there is no session, else none
    uint32_t capabilities; // those of HELLO that the VMM side makes use of
    uint32_t instance;     // the VMM side's own incarnation
    uint16_t ceiling;      // processors that the domain may ever have: 1 to 64; 0 without session
    uint16_t zero;
    uint32_t entitlement; // share that the domain is entitled to, in thousandths of a processor
    uint32_t zero_too;
    uint64_t report_period; // how often the report should be renewed
    uint64_t reclaim_time;  // no reclaim will have a nearer deadline
};
COOP_LAYOUT(struct coop_welcome, 40, reclaim_time, 32);

// REQUEST, guest to VMM side. At most one is unanswered at a time.
struct coop_request {
    uint16_t wanted;     // number of processors in use that is wanted, in all: 1 to 64
    uint16_t least;      // the minimum that is useful: 1 to `wanted`
    uint16_t need;       // enum coop_need
    uint16_t load;       // enum coop_load
    uint32_t demand;     // what it could use, in thousandths of a processor: at most 64000
    uint16_t confidence; // in the demand, thousandths
    uint16_t zero;
    uint64_t by;    // useless if not granted by then; 0: no limit
    uint64_t until; // wanted until then; 0: until further notice
    uint64_t zero_too;
};
COOP_LAYOUT(struct coop_request, 40, zero_too, 32);

// ANSWER, VMM side to guest: decides a REQUEST. What moves is moved by OFFER and RECLAIM.
struct coop_answer {
    uint16_t outcome;    // enum coop_outcome
    uint16_t reason;     // enum coop_reason; none only with `granted`
    uint16_t processors; // how many the domain may have in use, in all
    uint16_t zero;
    uint64_t until; // the decision holds until then; 0: until further notice
    uint64_t again; // asking again is useless before then; 0: no such time
    uint64_t zero_too;
    uint64_t zero_three;
};
COOP_LAYOUT(struct coop_answer, 40, zero_three, 32);

// OFFER and RECLAIM, VMM side to guest. At most one of each is unanswered at a time.
struct coop_transfer {
    uint64_t processors; // those it is about; not 0
    uint64_t deadline;   // to be answered by then; later than the message's `time`
    uint64_t until;      // when they are expected to move back; 0: unknown
    uint16_t count;      // how many of them: 1 to the number of bits. The guest chooses which
    uint16_t manner;     // enum coop_manner: of a reclaim; 0 in an offer
    uint16_t reason;     // enum coop_reason
    uint16_t zero;
    uint64_t zero_too;
};
COOP_LAYOUT(struct coop_transfer, 40, zero_too, 32);

// DONE and REFUSED, guest to VMM side: the one reply to an OFFER or RECLAIM.
struct coop_reply {
    uint64_t processors; // those that moved. DONE: not 0, REFUSED: 0
    uint64_t online;     // DONE: those in use now, not 0. REFUSED: 0, as nothing changed
    uint16_t reason;     // enum coop_reason: why not all that were asked for. REFUSED: not none
    uint16_t processor;  // REFUSED: the processor that the reason is about, or 65535; DONE: 65535
    uint16_t manner;     // enum coop_manner: how those of a reclaim are out of use; else 0
    uint16_t zero;
    uint64_t detail; // more about the reason, see there; else 0
    uint64_t again;  // trying again is useless before then; 0: no such time
};
COOP_LAYOUT(struct coop_reply, 40, again, 32);

enum { COOP_NO_PROCESSOR = 65535 };

// RELEASE, guest to VMM side: already out of use. Not answered; STATUS shows it.
struct coop_release {
    uint64_t processors; // those given up; not 0
    uint64_t online;     // those in use now; none of `processors`
    uint64_t until;      // when they are likely to be wanted again; 0: unknown
    uint16_t manner;     // enum coop_manner: parked or stopped
    uint16_t reason;     // enum coop_reason
    uint32_t zero;
    uint64_t zero_too;
};
COOP_LAYOUT(struct coop_release, 40, zero_too, 32);

// A slot of a ring.
struct coop_message {
    struct coop_head head; // every message
    union {
        struct coop_hello hello;       // HELLO
        struct coop_welcome welcome;   // WELCOME
        struct coop_request request;   // REQUEST
        struct coop_answer answer;     // ANSWER
        struct coop_transfer transfer; // OFFER, RECLAIM
        struct coop_reply reply;       // DONE, REFUSED
        struct coop_release release;   // RELEASE
        uint64_t words[5];
    } body;
};
COOP_LAYOUT(struct coop_message, COOP_MESSAGE_BYTES, body, 24);

#endif
