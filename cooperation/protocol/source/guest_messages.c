// SPDX-License-Identifier: MIT
#include <cooperation/codec.h>
#include <cooperation/exchange.h>
#include <cooperation/guest_engine.h>
#include <cooperation/reasons.h>

#include "guest_session.h"

#include <string.h>

int coop_guest_agreed(struct coop_guest const* guest, uint32_t capabilities) {
    return guest->state == COOP_GUEST_JOINED &&
           (guest->agreed.capabilities & capabilities) == capabilities;
}

static enum coop_error welcome(struct coop_guest* guest, struct coop_message const* copy,
                               struct coop_guest_event* event) {
    struct coop_welcome const* const body = &copy->body.welcome;
    if (guest->state != COOP_GUEST_GREETING)
        return COOP_ERROR_STATE;
    if (body->instance != guest->instance)
        return COOP_ERROR_SESSION;
    if (body->version > COOP_VERSION)
        return COOP_ERROR_RANGE;
    if (body->capabilities & ~guest->config.capabilities)
        return COOP_ERROR_UNAGREED;
    guest->silence = 0;
    guest->agreed = *body;
    guest->state = body->version ? COOP_GUEST_JOINED : COOP_GUEST_REJECTED;
    event->type = body->version ? COOP_GUEST_WELCOMED : COOP_GUEST_TURNED_AWAY;
    return COOP_OK;
}

static enum coop_error answer(struct coop_guest* guest, struct coop_message const* copy,
                              struct coop_guest_event* event) {
    if (guest->request == 0 || copy->head.regarding != guest->request)
        return COOP_ERROR_REGARDING;
    guest->request = 0;
    guest->silence = 0;
    event->type = COOP_GUEST_ANSWERED;
    return COOP_OK;
}

static enum coop_error transfer(struct coop_guest* guest, struct coop_message const* copy,
                                struct coop_guest_event* event) {
    int const reclaim = copy->head.type == COOP_RECLAIM;
    struct coop_transfer const* const body = &copy->body.transfer;
    struct coop_task* const task = reclaim ? &guest->reclaim : &guest->offer;
    if (!coop_guest_agreed(guest, reclaim ? COOP_GIVES : COOP_TAKES) ||
        (body->manner == COOP_MANNER_PARK && !coop_guest_agreed(guest, COOP_PARKS)))
        return COOP_ERROR_UNAGREED;
    if (task->sequence)
        return COOP_ERROR_OUTSTANDING;
    if (body->processors & ~coop_mask_below(guest->config.processors))
        return COOP_ERROR_MASK;
    task->transfer = *body;
    task->sequence = copy->head.sequence;
    task->working = 0;
    event->type = reclaim ? COOP_GUEST_RECLAIMED : COOP_GUEST_OFFERED;
    return COOP_OK;
}

static enum coop_error within_session(struct coop_guest* guest, struct coop_message const* copy,
                                      struct coop_guest_event* event) {
    if (copy->head.type == COOP_WELCOME)
        return welcome(guest, copy, event);
    if (guest->state != COOP_GUEST_JOINED)
        return COOP_ERROR_STATE;
    if (copy->head.type == COOP_ANSWER)
        return answer(guest, copy, event);
    return transfer(guest, copy, event);
}

static enum coop_error judge(struct coop_guest* guest, struct coop_message const* copy,
                             struct coop_guest_event* event) {
    enum coop_error error = coop_message_check(copy, COOP_FROM_VMM);
    if (error)
        return error;
    int const spoken = guest->state != COOP_GUEST_APART && guest->state != COOP_GUEST_LEFT;
    if (!spoken || copy->head.session != guest->session)
        return COOP_ERROR_SESSION;
    error = coop_sequence_accept(&guest->received, copy->head.sequence);
    return error ? error : within_session(guest, copy, event);
}

enum coop_error coop_guest_receive(struct coop_guest* guest, struct coop_message const* copy,
                                   struct coop_guest_event* event) {
    memset(event, 0, sizeof(*event));
    enum coop_error const error = judge(guest, copy, event);
    ++guest->errors[error];
    if (error == COOP_OK)
        event->message = *copy;
    if (error == COOP_ERROR_GAP)
        coop_guest_part(guest, event);
    return error;
}

// Numbers, checks and queues a message; nothing has changed if that fails.
static enum coop_error post(struct coop_guest* guest, struct coop_message* message) {
    struct coop_sequence sent = guest->sent;
    message->head.sequence = coop_sequence_next(&sent);
    enum coop_error const error = coop_message_check(message, COOP_FROM_GUEST);
    if (error)
        return error;
    if (coop_outbox_add(&guest->outbox, message))
        return COOP_ERROR_FULL;
    guest->sent = sent;
    return COOP_OK;
}

enum coop_error coop_guest_request(struct coop_guest* guest, struct coop_request const* request,
                                   uint64_t now) {
    struct coop_message message;
    if (guest->state != COOP_GUEST_JOINED)
        return COOP_ERROR_STATE;
    if (!coop_guest_agreed(guest, COOP_TAKES) && !coop_guest_agreed(guest, COOP_GIVES))
        return COOP_ERROR_UNAGREED;
    if (guest->request)
        return COOP_ERROR_OUTSTANDING;
    if (request->wanted > guest->config.processors)
        return COOP_ERROR_RANGE;
    coop_message_make(&message, COOP_REQUEST, guest->session, 0, now);
    message.body.request = *request;
    enum coop_error const error = post(guest, &message);
    if (error)
        return error;
    guest->request = message.head.sequence;
    guest->silence = now + guest->config.patience;
    return COOP_OK;
}

enum coop_error coop_guest_release(struct coop_guest* guest, struct coop_release const* release,
                                   uint64_t now) {
    struct coop_message message;
    if (guest->state != COOP_GUEST_JOINED)
        return COOP_ERROR_STATE;
    if (!coop_guest_agreed(guest, COOP_GIVES) ||
        (release->manner == COOP_MANNER_PARK && !coop_guest_agreed(guest, COOP_PARKS)))
        return COOP_ERROR_UNAGREED;
    if ((release->processors | release->online) & ~coop_mask_below(guest->config.processors))
        return COOP_ERROR_MASK;
    coop_message_make(&message, COOP_RELEASE, guest->session, 0, now);
    message.body.release = *release;
    return post(guest, &message);
}

static struct coop_task* open_task(struct coop_guest* guest, enum coop_type type) {
    struct coop_task* const task = type == COOP_RECLAIM ? &guest->reclaim : &guest->offer;
    return task->sequence ? task : NULL;
}

// Its processors may have gone to somebody else.
static int lapsed(struct coop_task const* task, enum coop_type type, uint64_t now) {
    return type == COOP_OFFER && !task->working && task->transfer.deadline <= now;
}

enum coop_error coop_guest_work(struct coop_guest* guest, enum coop_type type, uint64_t now) {
    struct coop_task* const task = open_task(guest, type);
    if (!task)
        return COOP_ERROR_REGARDING;
    if (lapsed(task, type, now))
        return COOP_ERROR_TIME;
    task->working = 1;
    return COOP_OK;
}

enum coop_error coop_guest_reply(struct coop_guest* guest, enum coop_type type,
                                 struct coop_reply const* reply, uint64_t now) {
    struct coop_message message;
    struct coop_task* const task = open_task(guest, type);
    if (!task)
        return COOP_ERROR_REGARDING;
    if (reply->processors && lapsed(task, type, now))
        return COOP_ERROR_TIME;
    if (reply->online & ~coop_mask_below(guest->config.processors))
        return COOP_ERROR_MASK;
    enum coop_error error = coop_reply_fits(reply, &task->transfer, type);
    if (error)
        return error;
    enum coop_type const kind = reply->processors ? COOP_DONE : COOP_REFUSED;
    coop_message_make(&message, kind, guest->session, task->sequence, now);
    message.body.reply = *reply;
    error = post(guest, &message);
    if (error == COOP_OK)
        memset(task, 0, sizeof(*task));
    return error;
}
