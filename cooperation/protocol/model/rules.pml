/* SPDX-License-Identifier: MIT
 *
 * What either side may say, and what it makes of what it hears: the rules of
 * docs/cooperation-protocol.md without contents and clocks. verify.pml lets two sides talk by them,
 * a recording is replayed against them (replay.py). NUMBER is what sequences and sessions count in;
 * DEFECT plants a mistake, so that one sees the checks fail.
 */
#ifndef DEFECT
#define DEFECT 0
#endif
#define DEFECT_EDGE_CLEARED_LATE 1  /* an edge is cleared after looking instead of before */
#define DEFECT_WELCOME_FIRST 2      /* WELCOME is put before the status that goes with it */
#define DEFECT_ANSWERS_TWICE 3      /* a request stays open when it is answered */
#define DEFECT_SESSION_AGAIN 4      /* a restarted guest uses its predecessor's number */
#define DEFECT_NO_EDGE_FROM_FULL 5  /* who takes from a full ring tells nobody */
#define DEFECT_FORGETS_OFFER 6      /* the guest drops an offer when a reclaim comes */

mtype = { HELLO, REQUEST, RELEASE, DONE, REFUSED, WELCOME, ANSWER, OFFER, RECLAIM };

/* Verdicts, named as in cooperation/error.h. CONTENT stands for all errors that are seen only by
 * looking at contents, which this model has none of. */
mtype = { OK, SESSION, REPLAY, GAP, REGARDING, OUTSTANDING, STATE, CONTENT };

mtype = { ALONE, APART, GREETING, JOINED, REJECTED, SUSPENDED };

typedef Message {
    mtype type;
    NUMBER session;
    NUMBER sequence;
    NUMBER regarding;
    NUMBER instance; /* HELLO: whom it addresses; WELCOME: who says it */
    bit admitted     /* WELCOME: there is a session */
};

typedef Side {
    mtype state;
    NUMBER instance; /* VMM side: its own; guest: the one that HELLO addressed */
    NUMBER session;  /* VMM side: 0 without one */
    NUMBER sent;     /* newest sequence sent */
    NUMBER received; /* newest sequence accepted */
    NUMBER request;  /* sequence of the one that is unanswered; 0: none */
    NUMBER offer;    /* ... not replied to */
    NUMBER reclaim;
    NUMBER hello     /* VMM side: session of a HELLO that is owed a WELCOME; 0: none */
};

/* What was open is void. */
inline forget(side) {
    side.request = 0;
    side.offer = 0;
    side.reclaim = 0
}

/* ---- either side: the next number ---- */

inline judge_sequence(side, message, verdict) {
    if
    :: message.sequence == side.received + 1 -> verdict = OK
    :: message.sequence <= side.received -> verdict = REPLAY
    :: message.sequence > side.received + 1 -> verdict = GAP
    fi
}

/* Fills the head of the next message. */
inline number(side, message, kind, about) {
    side.sent++;
    message.type = kind;
    message.session = side.session;
    message.sequence = side.sent;
    message.regarding = about;
    message.instance = 0;
    message.admitted = 0
}

/* ---- VMM side ---- */

inline vmm_begin(vmm, incarnation) {
    vmm.state = ALONE;
    vmm.instance = incarnation;
    vmm.session = 0;
    vmm.sent = 0;
    vmm.received = 0;
    vmm.hello = 0;
    forget(vmm)
}

inline vmm_end(vmm) {
    vmm.session = 0;
    vmm.state = ALONE;
    forget(vmm)
}

inline vmm_judge(vmm, message, verdict) {
    if
    :: vmm.state == SUSPENDED -> verdict = STATE
    :: vmm.state != SUSPENDED && message.type == HELLO ->
        if
        :: message.instance != vmm.instance || message.session == 0 -> verdict = SESSION
        :: message.instance == vmm.instance && message.session != 0 &&
            message.session == vmm.session -> verdict = REPLAY
        :: message.instance == vmm.instance && message.session != 0 &&
            message.session != vmm.session -> verdict = OK
        fi
    :: vmm.state != SUSPENDED && message.type != HELLO ->
        if
        :: vmm.state != JOINED || message.session != vmm.session -> verdict = SESSION
        :: vmm.state == JOINED && message.session == vmm.session ->
            judge_sequence(vmm, message, verdict);
            if
            :: verdict == OK && message.type == REQUEST && vmm.request != 0 ->
                verdict = OUTSTANDING
            :: verdict == OK && (message.type == DONE || message.type == REFUSED) &&
                (message.regarding == 0 ||
                    (message.regarding != vmm.offer && message.regarding != vmm.reclaim)) ->
                verdict = REGARDING
            :: else -> skip
            fi
        fi
    fi
}

/* What becomes of a message with that verdict. `counted`: its sequence was accepted, whatever else
 * is wrong with it. */
inline vmm_take(vmm, message, verdict, counted) {
    if
    :: verdict == OK && message.type == HELLO ->
        vmm_end(vmm);
        vmm.sent = 0;
        vmm.received = message.sequence;
        vmm.hello = message.session
    :: verdict == OK && message.type == REQUEST -> vmm.request = message.sequence
    :: verdict == OK && message.type == RELEASE -> skip
    :: verdict == OK && message.type != HELLO && message.type != REQUEST &&
        message.type != RELEASE ->
        if
        :: message.regarding == vmm.reclaim -> vmm.reclaim = 0
        :: message.regarding != vmm.reclaim -> vmm.offer = 0
        fi
    :: verdict == GAP -> vmm_end(vmm)
    :: verdict != OK && verdict != GAP -> skip
    fi;
    if
    :: (counted) && message.type != HELLO -> vmm.received = message.sequence
    :: else -> skip
    fi
}

inline vmm_welcome(vmm, message, admits) {
    vmm.session = vmm.hello;
    number(vmm, message, WELCOME, 1);
    message.instance = vmm.instance;
    message.admitted = admits;
    vmm.hello = 0;
    if
    :: admits -> vmm.state = JOINED
    :: !(admits) -> vmm.session = 0
    fi
}

#define MAY_ANSWER(vmm) (vmm.state == JOINED && vmm.request != 0)
inline vmm_answer(vmm, message) {
    number(vmm, message, ANSWER, vmm.request);
    if
    :: DEFECT == DEFECT_ANSWERS_TWICE -> skip
    :: DEFECT != DEFECT_ANSWERS_TWICE -> vmm.request = 0
    fi
}

#define MAY_OFFER(vmm) (vmm.state == JOINED && vmm.offer == 0)
inline vmm_offer(vmm, message) {
    number(vmm, message, OFFER, 0);
    vmm.offer = vmm.sent
}

#define MAY_RECLAIM(vmm) (vmm.state == JOINED && vmm.reclaim == 0)
inline vmm_reclaim(vmm, message) {
    number(vmm, message, RECLAIM, 0);
    vmm.reclaim = vmm.sent
}

/* ---- guest ---- */

/* Without a session; a number is used once only, so the newest is remembered. */
inline guest_part(guest) {
    guest.state = APART;
    forget(guest)
}

inline guest_greet(guest, message, newest, incarnation) {
    guest_part(guest);
    guest.session = newest;
    guest.instance = incarnation;
    guest.sent = 0;
    guest.received = 0;
    number(guest, message, HELLO, 0);
    message.instance = incarnation;
    guest.state = GREETING
}

inline guest_judge(guest, message, verdict) {
    if
    :: guest.state == APART || message.session != guest.session -> verdict = SESSION
    :: guest.state != APART && message.session == guest.session ->
        judge_sequence(guest, message, verdict);
        if
        :: verdict == OK && message.type == WELCOME ->
            if
            :: guest.state != GREETING -> verdict = STATE
            :: guest.state == GREETING && message.instance != guest.instance -> verdict = SESSION
            :: guest.state == GREETING && message.instance == guest.instance -> skip
            fi
        :: verdict == OK && message.type != WELCOME && guest.state != JOINED -> verdict = STATE
        :: verdict == OK && message.type == ANSWER && guest.state == JOINED &&
            (guest.request == 0 || message.regarding != guest.request) ->
            verdict = REGARDING
        :: verdict == OK && message.type == OFFER && guest.state == JOINED && guest.offer != 0 ->
            verdict = OUTSTANDING
        :: verdict == OK && message.type == RECLAIM && guest.state == JOINED &&
            guest.reclaim != 0 ->
            verdict = OUTSTANDING
        :: else -> skip
        fi
    fi
}

inline guest_take(guest, message, verdict, counted) {
    if
    :: (counted) -> guest.received = message.sequence
    :: else -> skip
    fi;
    if
    :: verdict == OK && message.type == WELCOME ->
        if
        :: message.admitted -> guest.state = JOINED
        :: !message.admitted -> guest.state = REJECTED
        fi
    :: verdict == OK && message.type == ANSWER -> guest.request = 0
    :: verdict == OK && message.type == OFFER -> guest.offer = message.sequence
    :: verdict == OK && message.type == RECLAIM ->
        guest.reclaim = message.sequence;
        if
        :: DEFECT == DEFECT_FORGETS_OFFER -> guest.offer = 0
        :: DEFECT != DEFECT_FORGETS_OFFER -> skip
        fi
    :: verdict == GAP -> guest_part(guest)
    :: verdict != OK && verdict != GAP -> skip
    fi
}

#define MAY_REQUEST(guest) (guest.state == JOINED && guest.request == 0)
inline guest_request(guest, message) {
    number(guest, message, REQUEST, 0);
    guest.request = guest.sent
}

#define MAY_RELEASE(guest) (guest.state == JOINED)
inline guest_release(guest, message) { number(guest, message, RELEASE, 0) }

/* `task` is the side's `offer` or `reclaim`. */
#define MAY_REPLY(guest, task) (guest.state == JOINED && task != 0)
inline guest_reply(guest, message, task, kind) {
    number(guest, message, kind, task);
    task = 0
}
