// SPDX-License-Identifier: MIT
// The guest's side of one service, as pure logic: no input or output, no clock, no allocation.
//
//             look: VMM side open           WELCOME
//     APART ------------------> GREETING ------------> JOINED
//       ^                        | ^  |                  |  VMM side restarted, ended the session,
//       |   VMM side absent      | |  | no version,      |  skipped a number, or was silent too
//       long
//       +------------------------+ |  | not admitted     |
//       |                          |  v                  |
//       |                          | REJECTED            |
//       |                          +---------------------+  (a new session number each time)
//       +-- leave: LEFT, until begin
//
// Who uses it calls one function per thing that happens and then sends what stands in `outbox`.
#ifndef COOPERATION_GUEST_ENGINE_H
#define COOPERATION_GUEST_ENGINE_H

#include <cooperation/error.h>
#include <cooperation/message.h>
#include <cooperation/outbox.h>
#include <cooperation/sequence.h>
#include <cooperation/types.h>

enum coop_guest_state {
    COOP_GUEST_APART = 0,    // the VMM side is not there
    COOP_GUEST_GREETING = 1, // HELLO sent
    COOP_GUEST_JOINED = 2,
    COOP_GUEST_REJECTED = 3, // the VMM side wants no session; until its incarnation changes
    COOP_GUEST_LEFT = 4,     // by leave(), for a save or a shutdown
};

struct coop_guest_config {
    uint32_t capabilities;     // enum coop_capability
    uint16_t processors;       // as in HELLO
    uint16_t processors_least; // as in HELLO
    uint64_t report_period;    // as in HELLO
    uint64_t reclaim_time;     // as in HELLO
    uint64_t patience;         // how long to wait for WELCOME or ANSWER; at least COOP_PATIENCE
    uint32_t session;          // number of the first session; not one used before in these pages
};

// What the VMM side shows without a message: head and status area of its page. To be read after the
// ring was emptied, so that a status that precedes a WELCOME is not taken for one that follows it.
struct coop_vmm_view {
    uint32_t state;           // enum coop_side_state
    uint32_t instance;        // incarnation
    uint32_t session;         // status area
    uint64_t suspended_until; // status area; 0: not suspended
};

// An offer or reclaim on the guest's side.
struct coop_task {
    struct coop_transfer transfer;
    uint32_t sequence; // of the message; 0: none is open
    int working;       // the guest began to move processors: no longer expires by itself
};

enum coop_guest_event_type {
    COOP_GUEST_NOTHING = 0,
    COOP_GUEST_WELCOMED = 1,    // joined; `message` is the WELCOME
    COOP_GUEST_TURNED_AWAY = 2, // rejected; `message` is the WELCOME
    COOP_GUEST_LOST = 3, // the session is over: what was open is void, processors stay as they are
    COOP_GUEST_ANSWERED = 4,  // `message` is the ANSWER
    COOP_GUEST_OFFERED = 5,   // `message` is the OFFER: reply to it before its deadline
    COOP_GUEST_RECLAIMED = 6, // `message` is the RECLAIM: reply to it before its deadline
    COOP_GUEST_EXPIRED =
        7, // an offer that nobody worked on was refused: its processors are not ours
};

struct coop_guest_event {
    enum coop_guest_event_type type;
    struct coop_message message;
};

struct coop_guest {
    struct coop_guest_config config;
    enum coop_guest_state state;
    uint32_t session;
    uint32_t instance; // that HELLO was addressed to
    struct coop_sequence sent;
    struct coop_sequence received;
    struct coop_welcome agreed; // valid when joined
    uint32_t request;           // sequence of the unanswered one; 0: none
    uint64_t silence;           // when patience with HELLO or REQUEST ends; 0: nothing awaited
    uint64_t not_before;        // no HELLO before then
    struct coop_task offer;
    struct coop_task reclaim;
    struct coop_outbox outbox;
    uint64_t errors[COOP_ERRORS]; // messages that were not accepted, by error
};

COOP_BEGIN

// Starts, or starts again after leave(). The VMM side is looked for from here on.
void coop_guest_begin(struct coop_guest* guest, struct coop_guest_config const* config);

// The VMM side's state as it is now. Event: LOST.
void coop_guest_look(struct coop_guest* guest, struct coop_vmm_view const* view, uint64_t now,
                     struct coop_guest_event* event);

// A copy of a message from the VMM side. An error says why it was dropped; SESSION is harmless.
// After GAP the session is lost (event LOST), because what is missing may be an answer.
enum coop_error coop_guest_receive(struct coop_guest* guest, struct coop_message const* copy,
                                   struct coop_guest_event* event);

// Time passed. Events: LOST, EXPIRED. To be called again as long as there is an event.
void coop_guest_tick(struct coop_guest* guest, uint64_t now, struct coop_guest_event* event);

// When tick() is due next; UINT64_MAX: never.
uint64_t coop_guest_next(struct coop_guest const* guest);

// Whether all of these capabilities are in force.
int coop_guest_agreed(struct coop_guest const* guest, uint32_t capabilities);

// Local decisions. Each changes nothing when it fails.
//
// REQUEST: STATE not joined; UNAGREED without TAKES and without GIVES; OUTSTANDING one is
// unanswered; FULL; and what coop_message_check says of it.
enum coop_error coop_guest_request(struct coop_guest* guest, struct coop_request const* request,
                                   uint64_t now);
// RELEASE: STATE, UNAGREED without GIVES, FULL, and what coop_message_check says of it.
enum coop_error coop_guest_release(struct coop_guest* guest, struct coop_release const* release,
                                   uint64_t now);
// The guest begins to follow an offer or reclaim, `type` saying which. REGARDING: none is open;
// TIME: the offer's deadline has passed, its processors must not be touched.
enum coop_error coop_guest_work(struct coop_guest* guest, enum coop_type type, uint64_t now);
// DONE (`reply` moves processors) or REFUSED (it does not) to the open OFFER or RECLAIM. REGARDING:
// none is open; MASK, RANGE, CONTRADICTION: it does not fit what was asked; FULL.
enum coop_error coop_guest_reply(struct coop_guest* guest, enum coop_type type,
                                 struct coop_reply const* reply, uint64_t now);
// Leaves. What was open is void; the transport shows the side as closed.
void coop_guest_leave(struct coop_guest* guest);

COOP_END

#endif
