// SPDX-License-Identifier: MIT
// The VMM side's logic for one service of one domain: no input or output, no clock, no allocation.
//
//               HELLO, versions meet
//     ALONE ------------------------------> JOINED --+ HELLO (another session: what was open is
//     void)
//      ^ ^                                   | | ^   |
//      | |   guest left, or GAP              | | +---+
//      | +-----------------------------------+ |
//      |                                       | too many violations
//      | time is over                          v
//      +------------------------------- SUSPENDED     nothing is looked at
//
// Who uses it calls one function per thing that happens, then writes the status area
// (coop_vmm_status) and *then* sends what stands in `outbox`: a guest must not see a WELCOME before
// the status that goes with it.
#ifndef COOPERATION_VMM_ENGINE_H
#define COOPERATION_VMM_ENGINE_H

#include <cooperation/area.h>
#include <cooperation/error.h>
#include <cooperation/message.h>
#include <cooperation/outbox.h>
#include <cooperation/sequence.h>

enum coop_vmm_state {
    COOP_VMM_ALONE = 0,
    COOP_VMM_JOINED = 1,
    COOP_VMM_SUSPENDED = 2,
};

// Of a running engine entitlement, ceiling and turn_away may be changed at any time; guests that
// are joined see the first two in the status.
struct coop_vmm_config {
    uint32_t instance;      // of this incarnation: not 0, not the predecessor's
    uint32_t capabilities;  // those that are made use of
    uint16_t ceiling;       // as in WELCOME
    uint16_t turn_away;     // enum coop_reason: why the domain gets no session; none: it does
    uint32_t entitlement;   // as in WELCOME
    uint64_t report_period; // as in WELCOME; the guest's, if that is longer, is agreed upon
    uint64_t reclaim_time;  // as in WELCOME; the guest's, if that is longer, is agreed upon, up to:
    uint64_t reclaim_most;  // the longest notice that a guest can ask for
    uint64_t answer_time;   // an undecided request is answered `later` then; <= COOP_ANSWER_TIME
    uint32_t burst;         // messages that are taken at once
    uint64_t interval;      // one more is taken after this time
    uint32_t tolerated;     // violations that lead to suspension ...
    uint64_t forgiven;      // ... one being forgotten after this time
    uint64_t suspension;    // how long
};

// An offer or reclaim that was sent.
struct coop_pending {
    struct coop_transfer transfer;
    uint32_t sequence; // 0: none is open
    int overdue;       // its deadline passed; still one reply may come
};

enum coop_vmm_event_type {
    COOP_VMM_NOTHING = 0,
    COOP_VMM_BEGUN = 1,  // a session; `message` is the HELLO; `voided` and `voided_reclaim` ended
    COOP_VMM_TURNED = 2, // a HELLO was turned away; `message` is the HELLO
    COOP_VMM_ENDED = 3,  // the session: guest left, GAP or suspension; `voided...` as above
    COOP_VMM_REQUESTED = 4,       // `message` is the REQUEST: answer it
    COOP_VMM_RELEASED = 5,        // `message` is the RELEASE
    COOP_VMM_OFFER_REPLIED = 6,   // `message` is the reply, `transfer` what was offered
    COOP_VMM_RECLAIM_REPLIED = 7, // `message` is the reply, `transfer` what was reclaimed
    COOP_VMM_OFFER_OVERDUE = 8,   // `transfer` was not taken in time: it may be used elsewhere
    COOP_VMM_RECLAIM_OVERDUE = 9, // `transfer` was not given in time: enforce
    COOP_VMM_UNDECIDED = 10, // a request was answered `later` or `expired` for want of a decision
    COOP_VMM_FORGIVEN = 11,  // suspension is over
};

struct coop_vmm_event {
    enum coop_vmm_event_type type;
    int late;                // of a reply: the deadline had passed
    uint64_t voided_offer;   // processors of an offer that will not be replied to any more
    uint64_t voided_reclaim; // the same of a reclaim
    struct coop_transfer transfer;
    struct coop_message message;
};

struct coop_vmm {
    struct coop_vmm_config config;
    enum coop_vmm_state state;
    uint32_t session; // 0: none
    struct coop_sequence sent;
    struct coop_sequence received;
    struct coop_hello hello;     // of the session
    struct coop_welcome agreed;  // of the session
    struct coop_message request; // the unanswered one; sequence 0: none
    uint64_t answer_by;          // for it
    struct coop_pending offer;
    struct coop_pending reclaim;
    // Deadline of a reclaim that no reply met yet; 0: none. A new session does not postpone it.
    uint64_t reclaim_due;
    struct coop_report report; // the last good one; number 0: none in this session
    struct coop_outbox outbox;
    // Misbehaviour
    uint64_t errors[COOP_ERRORS]; // what was not accepted, by error
    uint32_t misbehaviour;        // violations, all told
    uint32_t points;              // violations not forgotten
    uint64_t points_since;        // when the last was forgotten, or the first made
    uint64_t suspended_until;
    uint32_t enforcements;
    int enforced; // an overdue reclaim is being enforced
    // Rate
    uint32_t tokens;
    uint64_t tokens_since;
    uint64_t status_number;
};

// What only the VMM side's ledger knows of the status.
struct coop_allocation {
    uint64_t allotted;
    uint32_t use;
    uint16_t pressure;
};

COOP_BEGIN

// VALUE, RANGE, TIME: the configuration cannot be; nothing was begun.
enum coop_error coop_vmm_begin(struct coop_vmm* vmm, struct coop_vmm_config const* config,
                               uint64_t now);

// The state in the head of the guest's page. Event: ENDED.
void coop_vmm_look(struct coop_vmm* vmm, uint32_t guest_state, struct coop_vmm_event* event);

// How many messages may be taken from the ring now: a flood waits there, at its maker's cost.
uint32_t coop_vmm_budget(struct coop_vmm* vmm, uint64_t now);

// A copy of a message from the guest. An error says why it was dropped; FLOOD (beyond the budget)
// and SESSION (left over from before) are no violations.
enum coop_error coop_vmm_receive(struct coop_vmm* vmm, struct coop_message const* copy,
                                 uint64_t now, struct coop_vmm_event* event);

// A copy of the report area. Afterwards `report` is the last good one. EMPTY: nothing new. Event:
// ENDED by suspension.
enum coop_error coop_vmm_report(struct coop_vmm* vmm, struct coop_report const* copy, uint64_t now,
                                struct coop_vmm_event* event);

// A violation found elsewhere: by the transport (RING), or by the ledger (CONTRADICTION, for a
// report that run states prove wrong). Event: ENDED by suspension.
void coop_vmm_violation(struct coop_vmm* vmm, enum coop_error error, uint64_t now,
                        struct coop_vmm_event* event);

// Time passed. To be called again as long as there is an event.
void coop_vmm_tick(struct coop_vmm* vmm, uint64_t now, struct coop_vmm_event* event);

// When tick() is due next, or the ring may be looked at again; UINT64_MAX: never.
uint64_t coop_vmm_next(struct coop_vmm const* vmm);

int coop_vmm_agreed(struct coop_vmm const* vmm, uint32_t capabilities);

// Decisions. Each changes nothing when it fails; besides the errors named, what coop_message_check
// says of it.
//
// ANSWER: REGARDING no request is open.
enum coop_error coop_vmm_answer(struct coop_vmm* vmm, struct coop_answer const* answer,
                                uint64_t now);
// OFFER: STATE no session; UNAGREED without TAKES; OUTSTANDING; FULL; RANGE beyond the ceiling's
// number or the guest's processors. `regarding`: the request that it comes from, or 0.
enum coop_error coop_vmm_offer(struct coop_vmm* vmm, struct coop_transfer const* transfer,
                               uint32_t regarding, uint64_t now);
// RECLAIM: STATE; UNAGREED without GIVES, or to park without PARKS; OUTSTANDING; FULL; RANGE; TIME
// nearer than agreed.
enum coop_error coop_vmm_reclaim(struct coop_vmm* vmm, struct coop_transfer const* transfer,
                                 uint64_t now);
// The processors of a reclaim came back another way, or are not wanted any more: nothing is due,
// and enforcement ends.
void coop_vmm_relent(struct coop_vmm* vmm);

// Fills the status to be written, and counts it.
void coop_vmm_status(struct coop_vmm* vmm, struct coop_allocation const* allocation, uint64_t now,
                     struct coop_status* status);

COOP_END

#endif
