// SPDX-License-Identifier: MIT
#include <cooperation/codec.h>
#include <cooperation/reasons.h>

#include <string.h>

enum { words = sizeof(struct coop_message) / sizeof(uint64_t) };

// Slots are only ever touched as words, so that each is read or written exactly once.
union slot {
    struct coop_message message;
    uint64_t word[words];
};

void coop_message_copy(struct coop_message* to, struct coop_message const* from) {
    union slot volatile* const target = (union slot volatile*)to;
    union slot const volatile* const source = (union slot const volatile*)from;
    for (unsigned i = 0; i < words; ++i)
        target->word[i] = source->word[i];
}

void coop_message_make(struct coop_message* message, enum coop_type type, uint32_t session,
                       uint32_t regarding, uint64_t time) {
    memset(message, 0, sizeof(*message));
    message->head.type = (uint16_t)type;
    message->head.service = COOP_SERVICE_PROCESSORS;
    message->head.session = session;
    message->head.regarding = regarding;
    message->head.time = time;
}

// Without a compiler's helper function: Xen and kernels do not link one.
unsigned coop_mask_count(uint64_t mask) {
    unsigned count = 0;
    for (; mask; mask &= mask - 1)
        ++count;
    return count;
}

uint64_t coop_mask_below(unsigned count) {
    return count >= COOP_PROCESSORS ? UINT64_MAX : ((uint64_t)1 << count) - 1;
}

static int from_to(uint64_t value, uint64_t least, uint64_t most) {
    return least <= value && value <= most;
}

static enum coop_error check_hello(struct coop_hello const* hello) {
    if (hello->zero)
        return COOP_ERROR_ZERO;
    if (!from_to(hello->version_least, 1, hello->version_most) || hello->instance == 0 ||
        !from_to(hello->processors, 1, COOP_PROCESSORS) ||
        !from_to(hello->processors_least, 1, hello->processors))
        return COOP_ERROR_RANGE;
    return hello->report_period && hello->reclaim_time ? COOP_OK : COOP_ERROR_TIME;
}

static enum coop_error check_welcome(struct coop_welcome const* welcome) {
    int const session = welcome->version != 0;
    if (welcome->zero || welcome->zero_too)
        return COOP_ERROR_ZERO;
    if (welcome->reason >= COOP_REASONS)
        return COOP_ERROR_VALUE;
    if (session != (welcome->reason == COOP_REASON_NONE))
        return COOP_ERROR_CONTRADICTION;
    if (welcome->instance == 0)
        return COOP_ERROR_RANGE;
    if (!session)
        return welcome->capabilities || welcome->ceiling ? COOP_ERROR_CONTRADICTION : COOP_OK;
    if (welcome->capabilities & ~(uint32_t)COOP_CAPABILITIES)
        return COOP_ERROR_VALUE;
    if (!from_to(welcome->ceiling, 1, COOP_PROCESSORS))
        return COOP_ERROR_RANGE;
    return welcome->report_period && welcome->reclaim_time ? COOP_OK : COOP_ERROR_TIME;
}

static enum coop_error check_request(struct coop_request const* request, uint64_t time) {
    if (request->zero || request->zero_too)
        return COOP_ERROR_ZERO;
    if (!from_to(request->wanted, 1, COOP_PROCESSORS) ||
        !from_to(request->least, 1, request->wanted) ||
        request->demand > COOP_PROCESSORS * COOP_WHOLE || request->confidence > COOP_WHOLE)
        return COOP_ERROR_RANGE;
    if (!from_to(request->need, 1, COOP_NEEDS - 1) || request->load >= COOP_LOADS)
        return COOP_ERROR_VALUE;
    if ((request->by && request->by <= time) || (request->until && request->until <= time))
        return COOP_ERROR_TIME;
    return COOP_OK;
}

static enum coop_error check_answer(struct coop_answer const* answer) {
    if (answer->zero || answer->zero_too || answer->zero_three)
        return COOP_ERROR_ZERO;
    if (!from_to(answer->outcome, 1, COOP_OUTCOMES - 1) || answer->reason >= COOP_REASONS)
        return COOP_ERROR_VALUE;
    if (answer->processors > COOP_PROCESSORS)
        return COOP_ERROR_RANGE;
    if (answer->outcome != COOP_GRANTED && answer->reason == COOP_REASON_NONE)
        return COOP_ERROR_CONTRADICTION;
    return COOP_OK;
}

static enum coop_error check_transfer(struct coop_transfer const* transfer, int reclaim,
                                      uint64_t time) {
    if (transfer->zero || transfer->zero_too)
        return COOP_ERROR_ZERO;
    if (transfer->processors == 0)
        return COOP_ERROR_MASK;
    if (!from_to(transfer->count, 1, coop_mask_count(transfer->processors)))
        return COOP_ERROR_RANGE;
    if (transfer->manner > COOP_MANNER_STOP || transfer->reason >= COOP_REASONS)
        return COOP_ERROR_VALUE;
    if (!reclaim && transfer->manner != COOP_MANNER_ANY)
        return COOP_ERROR_CONTRADICTION;
    if (transfer->deadline <= time || (transfer->until && transfer->until < transfer->deadline))
        return COOP_ERROR_TIME;
    return COOP_OK;
}

static enum coop_error check_reply(struct coop_reply const* reply, int refused) {
    if (reply->zero)
        return COOP_ERROR_ZERO;
    if (reply->reason >= COOP_REASONS || reply->manner > COOP_MANNER_STOP)
        return COOP_ERROR_VALUE;
    if (refused ? reply->processors || reply->online : !reply->processors || !reply->online)
        return COOP_ERROR_MASK;
    if (reply->processor != COOP_NO_PROCESSOR && reply->processor >= COOP_PROCESSORS)
        return COOP_ERROR_RANGE;
    if (refused && (reply->reason == COOP_REASON_NONE || reply->manner != COOP_MANNER_ANY))
        return COOP_ERROR_CONTRADICTION;
    return COOP_OK;
}

static enum coop_error check_release(struct coop_release const* release, uint64_t time) {
    if (release->zero || release->zero_too)
        return COOP_ERROR_ZERO;
    if (release->processors == 0 || release->online == 0 || (release->processors & release->online))
        return COOP_ERROR_MASK;
    if (!from_to(release->manner, COOP_MANNER_PARK, COOP_MANNER_STOP) ||
        release->reason >= COOP_REASONS)
        return COOP_ERROR_VALUE;
    return release->until && release->until <= time ? COOP_ERROR_TIME : COOP_OK;
}

static int sent_by(unsigned type, enum coop_sender sender) {
    switch (type) {
    case COOP_HELLO:
    case COOP_REQUEST:
    case COOP_RELEASE:
    case COOP_DONE:
    case COOP_REFUSED:
        return sender == COOP_FROM_GUEST;
    case COOP_WELCOME:
    case COOP_ANSWER:
    case COOP_OFFER:
    case COOP_RECLAIM:
        return sender == COOP_FROM_VMM;
    default:
        return 0;
    }
}

static enum coop_error check_head(struct coop_head const* head, enum coop_sender sender) {
    if (!sent_by(head->type, sender))
        return COOP_ERROR_TYPE;
    if (head->service >= COOP_SERVICES)
        return COOP_ERROR_SERVICE;
    if (head->session == 0)
        return COOP_ERROR_SESSION;
    if (head->sequence == 0)
        return COOP_ERROR_RANGE;
    if (head->time == 0)
        return COOP_ERROR_TIME;
    int const answers = head->type == COOP_WELCOME || head->type == COOP_ANSWER ||
                        head->type == COOP_DONE || head->type == COOP_REFUSED;
    // An offer may name the request that it comes from.
    if (head->type != COOP_OFFER && answers != (head->regarding != 0))
        return COOP_ERROR_REGARDING;
    int const first = head->type == COOP_HELLO || head->type == COOP_WELCOME;
    return first != (head->sequence == 1) ? COOP_ERROR_RANGE : COOP_OK;
}

enum coop_error coop_message_check(struct coop_message const* copy, enum coop_sender sender) {
    enum coop_error const error = check_head(&copy->head, sender);
    if (error)
        return error;
    uint64_t const time = copy->head.time;
    switch (copy->head.type) {
    case COOP_HELLO:
        return check_hello(&copy->body.hello);
    case COOP_WELCOME:
        return check_welcome(&copy->body.welcome);
    case COOP_REQUEST:
        return check_request(&copy->body.request, time);
    case COOP_ANSWER:
        return check_answer(&copy->body.answer);
    case COOP_OFFER:
    case COOP_RECLAIM:
        return check_transfer(&copy->body.transfer, copy->head.type == COOP_RECLAIM, time);
    case COOP_DONE:
    case COOP_REFUSED:
        return check_reply(&copy->body.reply, copy->head.type == COOP_REFUSED);
    default:
        return check_release(&copy->body.release, time);
    }
}
