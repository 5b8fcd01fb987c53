/* SPDX-License-Identifier: MIT
 *
 * Two sides that keep to rules.pml on rings, heads, a status and edges, with either one dying
 * between any two steps and starting again in the same pages. Searched exhaustively for:
 *
 *   - a request, offer or reclaim that is answered twice (assertions in `put`),
 *   - rest with something open, unread or not joined: a lost wake-up or a deadlock (`at_rest`),
 *   - sides that talk in circles (assertion in `greet`).
 *
 * VMM_DEATHS, GUEST_DEATHS, REQUESTS, TRANSFERS (offers and reclaims, each), RELEASES, LEAVES and
 * LOST_EDGES bound how often that happens. With lost edges both sides also look by their timers.
 */
#define NUMBER byte
#include "rules.pml"

#define SLOTS 2 /* of a ring: fewer than what both sides may want to say */
#define SAID 4  /* messages that wait for a slot */
#define SESSIONS (2 + GUEST_DEATHS + LEAVES + 2 * VMM_DEATHS)
#define SEQUENCES 12

/* Pages */
chan to_vmm = [SLOTS] of { Message };
chan to_guest = [SLOTS] of { Message };
bit guest_open;
byte guest_newest;    /* number of the newest session, in the guest's head */
byte vmm_incarnation; /* in the VMM side's head; 0: never opened */
byte status_session;
/* Event channel */
bit guest_edge;
bit vmm_edge;

/* Only used within a step, so no part of the state. */
hidden Message said;
hidden mtype verdict;

Side guest;
Side vmm;
/* What waits for a slot dies with its side. */
chan guest_says = [SAID] of { Message };
chan vmm_says = [SAID] of { Message };

byte guest_deaths = GUEST_DEATHS;
byte vmm_deaths = VMM_DEATHS;
byte leaves = LEAVES;
byte requests = REQUESTS;
byte offers = TRANSFERS;
byte reclaims = TRANSFERS;
byte releases = RELEASES;
byte lost_edges = LOST_EDGES;

/* Ghosts: which requests, offers and reclaims were answered. Nobody but assertions looks at them. */
typedef Row { bit answered[SEQUENCES] };
Row of_guest[SESSIONS]; /* requests */
Row of_vmm[SESSIONS];   /* offers and reclaims */

inline account(message) {
    if
    :: message.type == ANSWER ->
        assert(!of_guest[message.session].answered[message.regarding]);
        of_guest[message.session].answered[message.regarding] = 1
    :: message.type == DONE || message.type == REFUSED ->
        assert(!of_vmm[message.session].answered[message.regarding]);
        of_vmm[message.session].answered[message.regarding] = 1
    :: else -> skip
    fi
}

inline drain(channel, message) {
    do
    :: nempty(channel) -> channel ? message
    :: empty(channel) -> break
    od
}

mtype = { STARTS, SHOWS, OPENS, LOOKS, LOOKS_AT_STATUS, TELLS, PUTS, NOTIFIES, SLEEPS };

proctype Vmm() {
    mtype phase = STARTS;
    bit notify;
    bit shown;
end: /* rest is judged by Rest */
    do
    :: d_step { phase == STARTS ->
        drain(to_vmm, said); /* addressed to a predecessor */
        phase = SHOWS }
    :: d_step { phase == SHOWS -> status_session = 0; phase = OPENS }
    :: d_step { phase == OPENS ->
        vmm_incarnation++;
        vmm_begin(vmm, vmm_incarnation);
        notify = 1;
        phase = LOOKS }
    :: d_step { phase == LOOKS && !guest_open && vmm.session != 0 -> vmm_end(vmm) }
    :: d_step { phase == LOOKS && (guest_open || vmm.session == 0) && nempty(to_vmm) &&
            nfull(vmm_says) ->
        notify = notify || (full(to_vmm) && DEFECT != DEFECT_NO_EDGE_FROM_FULL);
        to_vmm ? said;
        vmm_judge(vmm, said, verdict);
        assert(verdict == OK || verdict == SESSION); /* two good sides break no rule */
        vmm_take(vmm, said, verdict, verdict == OK);
        if
        :: vmm.hello != 0 ->
            drain(vmm_says, said);
            vmm_welcome(vmm, said, 1);
            vmm_says ! said
        :: else -> skip
        fi }
    :: d_step { phase == LOOKS && (guest_open || vmm.session == 0) &&
            (empty(to_vmm) || full(vmm_says)) ->
        phase = TELLS }
    :: d_step { phase == TELLS && MAY_ANSWER(vmm) && nfull(vmm_says) ->
        vmm_answer(vmm, said);
        vmm_says ! said }
    :: d_step { phase == TELLS && MAY_OFFER(vmm) && offers > 0 && nfull(vmm_says) ->
        offers--;
        vmm_offer(vmm, said);
        vmm_says ! said }
    :: d_step { phase == TELLS && MAY_RECLAIM(vmm) && reclaims > 0 && nfull(vmm_says) ->
        reclaims--;
        vmm_reclaim(vmm, said);
        vmm_says ! said }
    :: d_step { phase == TELLS -> shown = 0; phase = PUTS }
    :: d_step { phase == PUTS && !shown &&
            (DEFECT != DEFECT_WELCOME_FIRST || empty(vmm_says) || full(to_guest)) ->
        notify = notify || status_session != vmm.session;
        status_session = vmm.session;
        shown = 1 }
    :: d_step { phase == PUTS && (shown || DEFECT == DEFECT_WELCOME_FIRST) && nempty(vmm_says) &&
            nfull(to_guest) ->
        vmm_says ? said;
        account(said);
        to_guest ! said;
        notify = 1 }
    :: d_step { phase == PUTS && shown && (empty(vmm_says) || full(to_guest)) ->
        phase = NOTIFIES }
    :: d_step { phase == NOTIFIES ->
        guest_edge = guest_edge || notify;
        notify = 0;
        phase = SLEEPS }
    :: d_step { phase == SLEEPS && vmm_edge ->
        vmm_edge = (DEFECT == DEFECT_EDGE_CLEARED_LATE);
        phase = LOOKS }
    :: d_step { phase == SLEEPS && DEFECT == DEFECT_EDGE_CLEARED_LATE && vmm_edge ->
        vmm_edge = 0 }
    /* A decision of its own: an answer that took its time, an offer, a reclaim */
    :: d_step { phase == SLEEPS && nfull(vmm_says) && (MAY_ANSWER(vmm) ||
            (MAY_OFFER(vmm) && offers > 0) || (MAY_RECLAIM(vmm) && reclaims > 0)) ->
        phase = TELLS }
    :: d_step { vmm_deaths > 0 ->
        vmm_deaths--;
        drain(vmm_says, said);
        notify = 0;
        phase = STARTS }
    od
}

inline greet(message) {
    drain(guest_says, message);
    guest_newest++;
    assert(guest_newest < SESSIONS);
    guest_greet(guest, message, guest_newest, instance);
    guest_says ! message
}

proctype Guest() {
    mtype phase = STARTS;
    bit notify;
    byte instance; /* as seen in the head */
end: /* rest is judged by Rest */
    do
    :: d_step { phase == STARTS ->
        drain(to_guest, said);
        guest_part(guest);
        guest.instance = 0;
        guest.session = 0;
        if
        :: DEFECT == DEFECT_SESSION_AGAIN && guest_newest > 0 -> guest_newest--
        :: else -> skip
        fi;
        guest_open = 1;
        notify = 1;
        phase = LOOKS }
    :: d_step { phase == LOOKS && nempty(to_guest) ->
        notify = notify || (full(to_guest) && DEFECT != DEFECT_NO_EDGE_FROM_FULL);
        to_guest ? said;
        guest_judge(guest, said, verdict);
        assert(verdict == OK || verdict == SESSION);
        guest_take(guest, said, verdict, verdict == OK) }
    /* The head and the status are not read at once. */
    :: d_step { phase == LOOKS && empty(to_guest) ->
        instance = vmm_incarnation;
        phase = LOOKS_AT_STATUS }
    :: d_step { phase == LOOKS_AT_STATUS ->
        if
        :: instance != guest.instance ||
            (guest.state == JOINED && status_session != guest.session) ->
            guest_part(guest)
        :: else -> skip
        fi;
        if
        :: guest.state == APART && instance != 0 && instance != guest.instance -> greet(said)
        :: else -> skip
        fi;
        phase = TELLS }
    :: d_step { phase == TELLS && MAY_REQUEST(guest) && requests > 0 && nfull(guest_says) ->
        requests--;
        guest_request(guest, said);
        guest_says ! said }
    :: d_step { phase == TELLS && MAY_RELEASE(guest) && releases > 0 && nfull(guest_says) ->
        releases--;
        guest_release(guest, said);
        guest_says ! said }
    :: d_step { phase == TELLS && MAY_REPLY(guest, guest.offer) && nfull(guest_says) ->
        guest_reply(guest, said, guest.offer, DONE);
        guest_says ! said }
    :: d_step { phase == TELLS && MAY_REPLY(guest, guest.reclaim) && nfull(guest_says) ->
        guest_reply(guest, said, guest.reclaim, REFUSED);
        guest_says ! said }
    :: d_step { phase == TELLS -> phase = PUTS }
    :: d_step { phase == PUTS && nempty(guest_says) && nfull(to_vmm) ->
        guest_says ? said;
        account(said);
        to_vmm ! said;
        notify = 1 }
    :: d_step { phase == PUTS && (empty(guest_says) || full(to_vmm)) -> phase = NOTIFIES }
    :: d_step { phase == NOTIFIES ->
        vmm_edge = vmm_edge || notify;
        notify = 0;
        phase = SLEEPS }
    :: d_step { phase == SLEEPS && guest_edge -> guest_edge = 0; phase = LOOKS }
    :: d_step { phase == SLEEPS && nfull(guest_says) &&
            ((MAY_REQUEST(guest) && requests > 0) || (MAY_RELEASE(guest) && releases > 0) ||
            MAY_REPLY(guest, guest.offer) || MAY_REPLY(guest, guest.reclaim)) ->
        phase = TELLS }
    :: d_step { guest_deaths > 0 ->
        guest_deaths--;
        drain(guest_says, said);
        notify = 0;
        phase = STARTS }
    /* Leaves for a save, and comes back. */
    :: d_step { phase == SLEEPS && leaves > 0 ->
        leaves--;
        drain(guest_says, said);
        guest_part(guest);
        guest_open = 0;
        vmm_edge = 1;
        phase = STARTS }
    od
}

proctype Loss() {
end:
    do
    :: d_step { lost_edges > 0 && guest_edge -> lost_edges--; guest_edge = 0 }
    :: d_step { lost_edges > 0 && vmm_edge -> lost_edges--; vmm_edge = 0 }
    od
}

/* Nothing can happen any more, other than that both timers go off (once for each message that may
 * wait behind another). */
active proctype Rest() {
    byte timers = (LOST_EDGES > 0 -> 4 : 0);
    atomic {
        run Vmm();
        run Guest();
        run Loss()
    };
    do
    :: atomic { timeout && timers > 0 -> timers--; lost_edges = 0; guest_edge = 1; vmm_edge = 1 }
    :: atomic { timeout && timers == 0 -> break }
    od;
    atomic {
        assert(guest.state == JOINED && vmm.state == JOINED && guest.session == vmm.session);
        assert(guest.request == 0 && vmm.request == 0);
        assert(guest.offer == 0 && vmm.offer == 0 && guest.reclaim == 0 && vmm.reclaim == 0);
        assert(empty(to_vmm) && empty(to_guest) && empty(vmm_says) && empty(guest_says))
    };
end:
    false
}
