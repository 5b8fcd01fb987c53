// SPDX-License-Identifier: MIT
#include <cooperation/area_access.h>
#include <cooperation/codec.h>
#include <cooperation/exchange.h>
#include <cooperation/reasons.h>
#include <cooperation/vmm_engine.h>

#include "vmm_session.h"

#include <string.h>

static uint64_t longer(uint64_t one, uint64_t other) { return one > other ? one : other; }
static uint64_t shorter(uint64_t one, uint64_t other) { return one < other ? one : other; }

static unsigned reason_against(struct coop_vmm const* vmm, struct coop_hello const* hello) {
    if (hello->version_least > COOP_VERSION)
        return COOP_REASON_VERSION;
    return vmm->config.turn_away;
}

static struct coop_welcome welcome_for(struct coop_vmm const* vmm, struct coop_hello const* hello) {
    struct coop_welcome welcome;
    memset(&welcome, 0, sizeof(welcome));
    welcome.reason = (uint16_t)reason_against(vmm, hello);
    welcome.instance = vmm->config.instance;
    if (welcome.reason != COOP_REASON_NONE)
        return welcome;
    welcome.version = (uint16_t)shorter(hello->version_most, COOP_VERSION);
    welcome.capabilities = hello->capabilities & vmm->config.capabilities & COOP_CAPABILITIES;
    welcome.ceiling = (uint16_t)shorter(vmm->config.ceiling, hello->processors);
    welcome.entitlement = vmm->config.entitlement;
    welcome.report_period = longer(vmm->config.report_period, hello->report_period);
    welcome.reclaim_time =
        longer(vmm->config.reclaim_time, shorter(hello->reclaim_time, vmm->config.reclaim_most));
    return welcome;
}

// A session begins, whatever there was before: restart costs a guest nothing but what was open.
static enum coop_error hello(struct coop_vmm* vmm, struct coop_message const* copy, uint64_t now,
                             struct coop_vmm_event* event) {
    struct coop_message message;
    if (copy->body.hello.instance != vmm->config.instance)
        return COOP_ERROR_SESSION;
    if (copy->head.session == vmm->session)
        return COOP_ERROR_REPLAY;
    coop_vmm_end(vmm, event);
    coop_outbox_clear(&vmm->outbox);
    coop_message_make(&message, COOP_WELCOME, copy->head.session, copy->head.sequence, now);
    message.body.welcome = welcome_for(vmm, &copy->body.hello);
    vmm->sent.last = 0;
    vmm->received.last = copy->head.sequence;
    enum coop_error const error = coop_vmm_post(vmm, &message);
    if (error) // cannot be: the outbox is empty, and begin() judged the configuration
        return error;
    event->type = COOP_VMM_TURNED;
    if (message.body.welcome.version) {
        vmm->state = COOP_VMM_JOINED;
        vmm->session = copy->head.session;
        vmm->hello = copy->body.hello;
        vmm->agreed = message.body.welcome;
        event->type = COOP_VMM_BEGUN;
    }
    return COOP_OK;
}

static enum coop_error request(struct coop_vmm* vmm, struct coop_message const* copy, uint64_t now,
                               struct coop_vmm_event* event) {
    if (!coop_vmm_agreed(vmm, COOP_TAKES) && !coop_vmm_agreed(vmm, COOP_GIVES))
        return COOP_ERROR_UNAGREED;
    if (vmm->request.head.sequence)
        return COOP_ERROR_OUTSTANDING;
    if (vmm->outbox.count > COOP_VMM_ROOM_FOR_ANSWER)
        return COOP_ERROR_STATE;
    if (copy->body.request.wanted > vmm->hello.processors)
        return COOP_ERROR_RANGE;
    vmm->request = *copy;
    vmm->answer_by = now + vmm->config.answer_time;
    event->type = COOP_VMM_REQUESTED;
    return COOP_OK;
}

static enum coop_error release(struct coop_vmm const* vmm, struct coop_message const* copy,
                               struct coop_vmm_event* event) {
    struct coop_release const* const body = &copy->body.release;
    if (!coop_vmm_agreed(vmm, COOP_GIVES) ||
        (body->manner == COOP_MANNER_PARK && !coop_vmm_agreed(vmm, COOP_PARKS)))
        return COOP_ERROR_UNAGREED;
    if ((body->processors | body->online) & ~coop_mask_below(vmm->hello.processors))
        return COOP_ERROR_MASK;
    event->type = COOP_VMM_RELEASED;
    return COOP_OK;
}

static enum coop_error reply(struct coop_vmm* vmm, struct coop_message const* copy, uint64_t now,
                             struct coop_vmm_event* event) {
    uint32_t const regarding = copy->head.regarding;
    int const reclaim = vmm->reclaim.sequence == regarding;
    struct coop_pending* const pending = reclaim ? &vmm->reclaim : &vmm->offer;
    if (pending->sequence != regarding)
        return COOP_ERROR_REGARDING;
    if (copy->body.reply.online & ~coop_mask_below(vmm->hello.processors))
        return COOP_ERROR_MASK;
    enum coop_error const error =
        coop_reply_fits(&copy->body.reply, &pending->transfer, reclaim ? COOP_RECLAIM : COOP_OFFER);
    if (error)
        return error;
    event->type = reclaim ? COOP_VMM_RECLAIM_REPLIED : COOP_VMM_OFFER_REPLIED;
    event->transfer = pending->transfer;
    event->late = pending->transfer.deadline <= now;
    memset(pending, 0, sizeof(*pending));
    // A refusal that comes too late does not end what its lateness began.
    if (reclaim && (copy->head.type == COOP_DONE || vmm->reclaim_due > now))
        coop_vmm_relent(vmm);
    return COOP_OK;
}

static enum coop_error within_session(struct coop_vmm* vmm, struct coop_message const* copy,
                                      uint64_t now, struct coop_vmm_event* event) {
    switch (copy->head.type) {
    case COOP_REQUEST:
        return request(vmm, copy, now, event);
    case COOP_RELEASE:
        return release(vmm, copy, event);
    default:
        return reply(vmm, copy, now, event);
    }
}

static enum coop_error judge(struct coop_vmm* vmm, struct coop_message const* copy, uint64_t now,
                             struct coop_vmm_event* event) {
    if (vmm->state == COOP_VMM_SUSPENDED)
        return COOP_ERROR_STATE;
    coop_vmm_refill(vmm, now);
    if (vmm->tokens == 0)
        return COOP_ERROR_FLOOD;
    --vmm->tokens;
    enum coop_error error = coop_message_check(copy, COOP_FROM_GUEST);
    if (error)
        return error;
    if (copy->head.type == COOP_HELLO)
        return hello(vmm, copy, now, event);
    if (vmm->state != COOP_VMM_JOINED || copy->head.session != vmm->session)
        return COOP_ERROR_SESSION;
    error = coop_sequence_accept(&vmm->received, copy->head.sequence);
    return error ? error : within_session(vmm, copy, now, event);
}

enum coop_error coop_vmm_receive(struct coop_vmm* vmm, struct coop_message const* copy,
                                 uint64_t now, struct coop_vmm_event* event) {
    memset(event, 0, sizeof(*event));
    enum coop_error const error = judge(vmm, copy, now, event);
    if (error == COOP_OK)
        event->message = *copy;
    if (error == COOP_ERROR_GAP)
        coop_vmm_end(vmm, event);
    coop_vmm_note(vmm, error, now, event);
    return error;
}

static int characteristics(struct coop_report const* copy) {
    return (copy->interactive | copy->computing | copy->group | copy->lock_wait |
            copy->wake_latency) != 0;
}

static enum coop_error judge_report(struct coop_vmm const* vmm, struct coop_report const* copy) {
    if (vmm->state != COOP_VMM_JOINED)
        return COOP_ERROR_ABSENT;
    if (!coop_vmm_agreed(vmm, COOP_REPORTS))
        return COOP_ERROR_ABSENT;
    if (copy->session != vmm->session)
        return COOP_ERROR_SESSION; // written before this session, as yet
    enum coop_error const error = coop_report_check(copy);
    if (error)
        return error;
    if (copy->processors > vmm->hello.processors)
        return COOP_ERROR_RANGE;
    if (characteristics(copy) && !coop_vmm_agreed(vmm, COOP_CHARACTERISTICS))
        return COOP_ERROR_UNAGREED;
    return vmm->report.number ? coop_report_follows(&vmm->report, copy) : COOP_OK;
}

enum coop_error coop_vmm_report(struct coop_vmm* vmm, struct coop_report const* copy, uint64_t now,
                                struct coop_vmm_event* event) {
    memset(event, 0, sizeof(*event));
    enum coop_error const error = judge_report(vmm, copy);
    if (error == COOP_OK)
        vmm->report = *copy;
    coop_vmm_note(vmm, error, now, event);
    return error;
}
