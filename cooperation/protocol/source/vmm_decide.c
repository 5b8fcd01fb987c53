// SPDX-License-Identifier: MIT
#include <cooperation/codec.h>
#include <cooperation/reasons.h>
#include <cooperation/vmm_engine.h>

#include "vmm_session.h"

#include <string.h>

enum coop_error coop_vmm_post(struct coop_vmm* vmm, struct coop_message* message) {
    struct coop_sequence sent = vmm->sent;
    message->head.sequence = coop_sequence_next(&sent);
    enum coop_error const error = coop_message_check(message, COOP_FROM_VMM);
    if (error)
        return error;
    if (coop_outbox_add(&vmm->outbox, message))
        return COOP_ERROR_FULL;
    vmm->sent = sent;
    return COOP_OK;
}

enum coop_error coop_vmm_answer(struct coop_vmm* vmm, struct coop_answer const* answer,
                                uint64_t now) {
    struct coop_message message;
    if (vmm->request.head.sequence == 0)
        return COOP_ERROR_REGARDING;
    coop_message_make(&message, COOP_ANSWER, vmm->session, vmm->request.head.sequence, now);
    message.body.answer = *answer;
    enum coop_error const error = coop_vmm_post(vmm, &message);
    if (error == COOP_OK)
        memset(&vmm->request, 0, sizeof(vmm->request));
    return error;
}

static enum coop_error transfer_allowed(struct coop_vmm const* vmm,
                                        struct coop_transfer const* transfer, enum coop_type type) {
    struct coop_pending const* const pending = type == COOP_OFFER ? &vmm->offer : &vmm->reclaim;
    if (vmm->state != COOP_VMM_JOINED)
        return COOP_ERROR_STATE;
    if (!coop_vmm_agreed(vmm, type == COOP_OFFER ? COOP_TAKES : COOP_GIVES) ||
        (transfer->manner == COOP_MANNER_PARK && !coop_vmm_agreed(vmm, COOP_PARKS)))
        return COOP_ERROR_UNAGREED;
    if (pending->sequence)
        return COOP_ERROR_OUTSTANDING;
    if (transfer->processors & ~coop_mask_below(vmm->hello.processors))
        return COOP_ERROR_MASK;
    return vmm->outbox.count < COOP_VMM_ROOM_FOR_ANSWER ? COOP_OK : COOP_ERROR_FULL;
}

static enum coop_error transfer(struct coop_vmm* vmm, struct coop_transfer const* transfer,
                                enum coop_type type, uint32_t regarding, uint64_t now) {
    struct coop_message message;
    enum coop_error error = transfer_allowed(vmm, transfer, type);
    if (error)
        return error;
    coop_message_make(&message, type, vmm->session, regarding, now);
    message.body.transfer = *transfer;
    error = coop_vmm_post(vmm, &message);
    if (error)
        return error;
    struct coop_pending* const pending = type == COOP_OFFER ? &vmm->offer : &vmm->reclaim;
    pending->transfer = *transfer;
    pending->sequence = message.head.sequence;
    pending->overdue = 0;
    return COOP_OK;
}

enum coop_error coop_vmm_offer(struct coop_vmm* vmm, struct coop_transfer const* offer,
                               uint32_t regarding, uint64_t now) {
    return transfer(vmm, offer, COOP_OFFER, regarding, now);
}

enum coop_error coop_vmm_reclaim(struct coop_vmm* vmm, struct coop_transfer const* reclaim,
                                 uint64_t now) {
    if (reclaim->deadline < now || reclaim->deadline - now < vmm->agreed.reclaim_time)
        return COOP_ERROR_TIME;
    enum coop_error const error = transfer(vmm, reclaim, COOP_RECLAIM, 0, now);
    if (error == COOP_OK && vmm->reclaim_due == 0)
        vmm->reclaim_due = reclaim->deadline;
    return error;
}

void coop_vmm_relent(struct coop_vmm* vmm) {
    vmm->reclaim_due = 0;
    vmm->enforced = 0;
}
