// SPDX-License-Identifier: MIT
// Session and time of the VMM side; vmm_misbehaviour.c has rates and violations, vmm_receive.c what
// comes in, vmm_decide.c what goes out.
#include <cooperation/codec.h>
#include <cooperation/reasons.h>
#include <cooperation/vmm_engine.h>

#include "vmm_session.h"

#include <string.h>

// A WELCOME with these numbers passes the guest's check.
static enum coop_error check_config(struct coop_vmm_config const* config) {
    if (config->turn_away >= COOP_REASONS)
        return COOP_ERROR_VALUE;
    if (config->instance == 0 || config->ceiling == 0 || config->ceiling > COOP_PROCESSORS ||
        config->burst == 0 || config->tolerated == 0)
        return COOP_ERROR_RANGE;
    int const timely = config->report_period && config->reclaim_time && config->answer_time;
    return timely && config->answer_time <= COOP_ANSWER_TIME ? COOP_OK : COOP_ERROR_TIME;
}

enum coop_error coop_vmm_begin(struct coop_vmm* vmm, struct coop_vmm_config const* config,
                               uint64_t now) {
    enum coop_error const error = check_config(config);
    if (error)
        return error;
    memset(vmm, 0, sizeof(*vmm));
    vmm->config = *config;
    vmm->tokens = config->burst;
    vmm->tokens_since = now;
    return COOP_OK;
}

void coop_vmm_end(struct coop_vmm* vmm, struct coop_vmm_event* event) {
    if (vmm->session == 0)
        return;
    event->type = COOP_VMM_ENDED;
    event->voided_offer = vmm->offer.sequence ? vmm->offer.transfer.processors : 0;
    event->voided_reclaim = vmm->reclaim.sequence ? vmm->reclaim.transfer.processors : 0;
    vmm->session = 0;
    vmm->state = COOP_VMM_ALONE;
    vmm->report.number = 0;
    memset(&vmm->request, 0, sizeof(vmm->request));
    memset(&vmm->offer, 0, sizeof(vmm->offer));
    vmm->reclaim.sequence = 0; // what was to be given is remembered: it may be due
    memset(&vmm->agreed, 0, sizeof(vmm->agreed));
    coop_outbox_clear(&vmm->outbox);
}

void coop_vmm_look(struct coop_vmm* vmm, uint32_t guest_state, struct coop_vmm_event* event) {
    memset(event, 0, sizeof(*event));
    if (guest_state != COOP_SIDE_OPEN)
        coop_vmm_end(vmm, event);
}

static void decide_for_want_of_decision(struct coop_vmm* vmm, uint64_t now,
                                        struct coop_vmm_event* event) {
    uint64_t const by = vmm->request.body.request.by;
    int const expired = by && by <= now;
    if (vmm->request.head.sequence == 0 || (!expired && vmm->answer_by > now))
        return;
    struct coop_answer answer;
    memset(&answer, 0, sizeof(answer));
    answer.outcome = expired ? COOP_REFUSED_NOW : COOP_LATER;
    answer.reason = expired ? COOP_REASON_EXPIRED : COOP_REASON_POLICY;
    event->message = vmm->request;
    event->type = COOP_VMM_UNDECIDED;
    coop_vmm_answer(vmm, &answer, now); // finds room, see vmm_session.h
}

static int overdue(struct coop_pending* pending, uint64_t now) {
    int const newly =
        pending->sequence != 0 && !pending->overdue && pending->transfer.deadline <= now;
    pending->overdue |= newly;
    return newly;
}

static int enforce(struct coop_vmm* vmm, uint64_t now) {
    if (vmm->reclaim_due == 0 || vmm->reclaim_due > now || vmm->enforced)
        return 0;
    vmm->reclaim.overdue = 1;
    vmm->enforced = 1;
    ++vmm->enforcements;
    return 1;
}

void coop_vmm_tick(struct coop_vmm* vmm, uint64_t now, struct coop_vmm_event* event) {
    memset(event, 0, sizeof(*event));
    if (vmm->state == COOP_VMM_SUSPENDED && vmm->suspended_until <= now) {
        vmm->state = COOP_VMM_ALONE;
        vmm->suspended_until = 0;
        event->type = COOP_VMM_FORGIVEN;
    } else if (enforce(vmm, now)) {
        event->type = COOP_VMM_RECLAIM_OVERDUE;
        event->transfer = vmm->reclaim.transfer;
    } else if (overdue(&vmm->offer, now)) {
        event->type = COOP_VMM_OFFER_OVERDUE;
        event->transfer = vmm->offer.transfer;
    } else {
        decide_for_want_of_decision(vmm, now, event);
    }
}

static void sooner(uint64_t* next, int applies, uint64_t time) {
    if (applies && time < *next)
        *next = time;
}

uint64_t coop_vmm_next(struct coop_vmm const* vmm) {
    struct coop_request const* const request = &vmm->request.body.request;
    int const asked = vmm->request.head.sequence != 0;
    uint64_t next = UINT64_MAX;
    sooner(&next, vmm->state == COOP_VMM_SUSPENDED, vmm->suspended_until);
    sooner(&next, vmm->reclaim_due && !vmm->enforced, vmm->reclaim_due);
    sooner(&next, vmm->offer.sequence && !vmm->offer.overdue, vmm->offer.transfer.deadline);
    sooner(&next, asked, vmm->answer_by);
    sooner(&next, asked && request->by, request->by);
    sooner(&next, vmm->state != COOP_VMM_SUSPENDED && vmm->tokens == 0,
           vmm->tokens_since + vmm->config.interval);
    return next;
}

int coop_vmm_agreed(struct coop_vmm const* vmm, uint32_t capabilities) {
    return vmm->state == COOP_VMM_JOINED &&
           (vmm->agreed.capabilities & capabilities) == capabilities;
}

static unsigned standing(struct coop_vmm const* vmm) {
    if (vmm->state == COOP_VMM_SUSPENDED)
        return COOP_STANDING_SUSPENDED;
    return vmm->points ? COOP_STANDING_WATCHED : COOP_STANDING_GOOD;
}

static uint64_t unanswered(struct coop_pending const* pending) {
    return pending->sequence && !pending->overdue ? pending->transfer.processors : 0;
}

void coop_vmm_status(struct coop_vmm* vmm, struct coop_allocation const* allocation, uint64_t now,
                     struct coop_status* status) {
    memset(status, 0, sizeof(*status));
    coop_vmm_forgive(vmm, now);
    status->session = vmm->session;
    status->number = ++vmm->status_number;
    status->time = now;
    status->allotted = allocation->allotted;
    status->offered = unanswered(&vmm->offer);
    status->reclaimed = vmm->reclaim.sequence ? vmm->reclaim.transfer.processors : 0;
    status->entitlement = vmm->config.entitlement;
    status->use = allocation->use;
    status->ceiling = vmm->config.ceiling;
    status->pressure = allocation->pressure;
    status->standing = (uint16_t)standing(vmm);
    status->enforced = (uint16_t)(vmm->enforced != 0);
    status->enforcements = vmm->enforcements;
    status->misbehaviour = vmm->misbehaviour;
    status->suspended_until = vmm->suspended_until;
}
