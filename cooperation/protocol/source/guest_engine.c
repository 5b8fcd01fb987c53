// SPDX-License-Identifier: MIT
// Session and time of the guest's side; guest_messages.c has what is received and sent within one.
#include <cooperation/codec.h>
#include <cooperation/guest_engine.h>
#include <cooperation/reasons.h>

#include "guest_session.h"

#include <string.h>

void coop_guest_begin(struct coop_guest* guest, struct coop_guest_config const* config) {
    memset(guest, 0, sizeof(*guest));
    guest->config = *config;
}

static uint32_t new_session(struct coop_guest const* guest) {
    uint32_t const next = guest->session ? guest->session + 1 : guest->config.session;
    return next ? next : 1;
}

// Whatever was open is void: neither will there be an answer, nor is one expected.
static void forget(struct coop_guest* guest) {
    guest->request = 0;
    guest->silence = 0;
    memset(&guest->offer, 0, sizeof(guest->offer));
    memset(&guest->reclaim, 0, sizeof(guest->reclaim));
    memset(&guest->agreed, 0, sizeof(guest->agreed));
    coop_outbox_clear(&guest->outbox);
}

void coop_guest_part(struct coop_guest* guest, struct coop_guest_event* event) {
    if (guest->state == COOP_GUEST_JOINED)
        event->type = COOP_GUEST_LOST;
    forget(guest);
    guest->state = COOP_GUEST_APART;
}

static void greet(struct coop_guest* guest, uint32_t instance, uint64_t now) {
    struct coop_message hello;
    forget(guest);
    guest->session = new_session(guest);
    guest->instance = instance;
    guest->sent.last = 0;
    guest->received.last = 0;
    coop_message_make(&hello, COOP_HELLO, guest->session, 0, now);
    hello.head.sequence = coop_sequence_next(&guest->sent);
    hello.body.hello.version_least = 1;
    hello.body.hello.version_most = COOP_VERSION;
    hello.body.hello.capabilities = guest->config.capabilities;
    hello.body.hello.instance = instance;
    hello.body.hello.processors = guest->config.processors;
    hello.body.hello.processors_least = guest->config.processors_least;
    hello.body.hello.report_period = guest->config.report_period;
    hello.body.hello.reclaim_time = guest->config.reclaim_time;
    coop_outbox_add(&guest->outbox, &hello); // it is empty
    guest->state = COOP_GUEST_GREETING;
    guest->silence = now + guest->config.patience;
    guest->not_before = guest->silence;
}

// A session that ended while the VMM side stayed begins anew when the VMM side wants to listen, and
// not more often than patience allows, so that two broken sides do not talk in circles.
static void greet_when_due(struct coop_guest* guest, struct coop_vmm_view const* view,
                           uint64_t now) {
    uint64_t due = view->instance == guest->instance ? guest->not_before : 0;
    if (due < view->suspended_until)
        due = view->suspended_until;
    if (due <= now)
        greet(guest, view->instance, now);
    else
        guest->silence = due;
}

static int over(struct coop_guest const* guest, struct coop_vmm_view const* view, uint64_t now) {
    switch (guest->state) {
    case COOP_GUEST_GREETING:
        return view->suspended_until > now;
    case COOP_GUEST_JOINED:
        return view->session != guest->session;
    default:
        return 0;
    }
}

void coop_guest_look(struct coop_guest* guest, struct coop_vmm_view const* view, uint64_t now,
                     struct coop_guest_event* event) {
    memset(event, 0, sizeof(*event));
    if (guest->state == COOP_GUEST_LEFT)
        return;
    int const open = view->state == COOP_SIDE_OPEN && view->instance != 0;
    if (!open || view->instance != guest->instance || over(guest, view, now))
        coop_guest_part(guest, event);
    if (open && guest->state == COOP_GUEST_APART)
        greet_when_due(guest, view, now);
}

static int refuse_expired(struct coop_guest* guest, uint64_t now) {
    struct coop_reply reply;
    memset(&reply, 0, sizeof(reply));
    reply.reason = COOP_REASON_EXPIRED;
    reply.processor = COOP_NO_PROCESSOR;
    return coop_guest_reply(guest, COOP_OFFER, &reply, now) == COOP_OK;
}

static uint64_t offer_expires(struct coop_guest const* guest) {
    // Without room to say so it stays, and is refused when the transport made room.
    int const waits = guest->offer.sequence != 0 && !guest->offer.working &&
                      guest->outbox.count < COOP_OUTBOX_MESSAGES;
    return waits ? guest->offer.transfer.deadline : UINT64_MAX;
}

void coop_guest_tick(struct coop_guest* guest, uint64_t now, struct coop_guest_event* event) {
    memset(event, 0, sizeof(*event));
    if (guest->silence && guest->silence <= now) {
        guest->silence = 0;
        if (guest->state != COOP_GUEST_APART)
            coop_guest_part(guest, event);
    } else if (offer_expires(guest) <= now && refuse_expired(guest, now)) {
        event->type = COOP_GUEST_EXPIRED;
    }
}

uint64_t coop_guest_next(struct coop_guest const* guest) {
    uint64_t const silence = guest->silence ? guest->silence : UINT64_MAX;
    uint64_t const offer = offer_expires(guest);
    return silence < offer ? silence : offer;
}

void coop_guest_leave(struct coop_guest* guest) {
    forget(guest);
    guest->state = COOP_GUEST_LEFT;
}
