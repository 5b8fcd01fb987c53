// SPDX-License-Identifier: MIT
// What a domain's messages may cost the VMM side, and what becomes of a domain that breaks rules.
#include <cooperation/vmm_engine.h>

#include "vmm_session.h"

#include <string.h>

// Whole periods since `*since`, which moves on by as many; not more than `most`.
static uint32_t periods(uint64_t* since, uint64_t now, uint64_t period, uint32_t most) {
    if (now <= *since || period == 0)
        return period == 0 ? most : 0;
    uint64_t const passed = (now - *since) / period;
    if (passed >= most) {
        *since = now;
        return most;
    }
    *since += passed * period;
    return (uint32_t)passed;
}

void coop_vmm_refill(struct coop_vmm* vmm, uint64_t now) {
    uint32_t const missing = vmm->config.burst - vmm->tokens;
    vmm->tokens += periods(&vmm->tokens_since, now, vmm->config.interval, missing);
}

uint32_t coop_vmm_budget(struct coop_vmm* vmm, uint64_t now) {
    coop_vmm_refill(vmm, now);
    return vmm->state == COOP_VMM_SUSPENDED ? 0 : vmm->tokens;
}

// No violation: nothing new, no room, a writer interrupted in the middle, left over from before a
// restart, or what the budget does not allow (which is not looked at).
static int violation(enum coop_error error) {
    switch (error) {
    case COOP_OK:
    case COOP_ERROR_EMPTY:
    case COOP_ERROR_FULL:
    case COOP_ERROR_ABSENT:
    case COOP_ERROR_BUSY:
    case COOP_ERROR_SESSION:
    case COOP_ERROR_FLOOD:
        return 0;
    default:
        return 1;
    }
}

static void suspend(struct coop_vmm* vmm, uint64_t now, struct coop_vmm_event* event) {
    coop_vmm_end(vmm, event);
    event->type = COOP_VMM_ENDED;
    vmm->state = COOP_VMM_SUSPENDED;
    vmm->suspended_until = now + vmm->config.suspension;
    vmm->points = 0;
}

void coop_vmm_forgive(struct coop_vmm* vmm, uint64_t now) {
    vmm->points -= periods(&vmm->points_since, now, vmm->config.forgiven, vmm->points);
}

void coop_vmm_note(struct coop_vmm* vmm, enum coop_error error, uint64_t now,
                   struct coop_vmm_event* event) {
    if (error < COOP_ERRORS)
        ++vmm->errors[error];
    coop_vmm_forgive(vmm, now);
    if (!violation(error) || vmm->state == COOP_VMM_SUSPENDED)
        return;
    if (vmm->points++ == 0)
        vmm->points_since = now;
    if (vmm->misbehaviour != UINT32_MAX)
        ++vmm->misbehaviour;
    if (vmm->points >= vmm->config.tolerated)
        suspend(vmm, now, event);
}

void coop_vmm_violation(struct coop_vmm* vmm, enum coop_error error, uint64_t now,
                        struct coop_vmm_event* event) {
    memset(event, 0, sizeof(*event));
    coop_vmm_note(vmm, error, now, event);
}
