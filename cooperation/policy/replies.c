/* SPDX-License-Identifier: MIT
 * What guests did of their own accord, and what they said of offers and reclaims. A reply counts
 * when it names the one that is open; replies that are late, or said twice, change nothing. */
#include "internal.h"

enum { MOST_DOUBLINGS = 6 };

/* It keeps what it really uses; the next offer comes after a pause that doubles. */
static void offer_refused(struct policy_state const* state, struct policy_domain* domain) {
    struct policy_memory* memory = &domain->memory;
    memory->allocated =
        policy_clamp(policy_held(domain), domain->config.minimum, memory->allocated);
    memory->next_offer = state->now + (state->tuning.offer_again << memory->offers_refused);
    memory->offers_refused = policy_least(memory->offers_refused + 1, MOST_DOUBLINGS);
    memory->offer.number = 0;
    memory->grow_since = 0;
}

static void look_at_offer(struct policy_state const* state, uint32_t index,
                          struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_memory* memory = &domain->memory;
    struct policy_reply reply = domain->inbox.offer;
    if (memory->offer.number == 0)
        return;
    if (reply.number == memory->offer.number && reply.outcome == POLICY_DONE) {
        memory->offer.number = 0;
        memory->offers_refused = 0;
    } else if (reply.number == memory->offer.number && reply.outcome == POLICY_REFUSED) {
        offer_refused(state, domain);
    } else if (state->now > memory->offer.deadline) {
        policy_emit(output, state, index, POLICY_WITHDRAW, POLICY_DEADLINE)->number =
            memory->offer.number;
        offer_refused(state, domain);
    }
}

static void look_at_release(struct policy_domain* domain) {
    struct policy_memory* memory = &domain->memory;
    uint32_t spare = memory->allocated - domain->config.minimum;
    if (domain->inbox.released == 0)
        return;
    memory->allocated -= policy_least(domain->inbox.released, spare);
    memory->grow_since = 0;
    memory->wish = 0;
}

/* Bounds that were changed, and domains that neither take nor give back: what they have is what
 * the VMM counts. */
static void follow(struct policy_state const* state, struct policy_domain* domain) {
    uint32_t change = POLICY_TAKES | POLICY_GIVES_BACK;
    struct policy_memory* memory = &domain->memory;
    if ((domain->config.capabilities & change) == 0)
        memory->allocated = domain->measured.online;
    memory->allocated =
        policy_clamp(memory->allocated, domain->config.minimum, policy_limit(state, domain));
}

void policy_take_reply(struct policy_state* state, uint32_t index, struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_inbox* inbox = &domain->inbox;
    struct policy_memory* memory = &domain->memory;
    ++state->work;
    follow(state, domain);
    look_at_release(domain);
    look_at_offer(state, index, output);
    if (memory->reclaim.number != 0 && inbox->reclaim.number == memory->reclaim.number)
        memory->reclaim.outcome = inbox->reclaim.outcome;
    inbox->released = 0;
    inbox->offer = inbox->reclaim = (struct policy_reply){0, POLICY_OPEN};
}

void policy_take_replies(struct policy_state* state, struct policy_output* output) {
    for (uint32_t i = 0; i < state->domain_count; ++i)
        policy_take_reply(state, i, output);
}
