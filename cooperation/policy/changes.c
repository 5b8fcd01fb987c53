/* SPDX-License-Identifier: MIT
 * Offers, reclaims, and what becomes of a reclaim that is not honoured.
 *
 *     nothing open --offer--> open --done--> nothing open
 *                                  --refused, or no reply in time--> nothing open, next one later
 *
 *     nothing open --reclaim--> open --done, and the VMM counts no more--> nothing open
 *                               |  --no longer needed--> withdrawn
 *                               +--deadline passed--> enforced: capped at its entitlement
 *                                                     until it has obeyed, or the need is gone
 *
 * Hysteresis: more must be wanted for a while, less for longer. Who turns back shortly after a
 * change waits twice as long the next time, up to sixteen times. */
#include "internal.h"

enum { MOST_SHIFT = 4, SHORTLY = 4, QUICKER = 3, PATIENCE = 4 };

static uint64_t hold(struct policy_state const* state, struct policy_domain const* domain) {
    uint64_t time = state->tuning.shrink_after << domain->memory.hold_shift;
    if (policy_answers(state, domain))
        time *= PATIENCE;
    if (state->pressure == 2 && domain->memory.allocated > policy_guaranteed(state, domain))
        time /= QUICKER; /* borrowed, and the owner is back */
    return time;
}

void policy_set_allocated(struct policy_state const* state, struct policy_domain* domain,
                          uint32_t processors) {
    struct policy_memory* memory = &domain->memory;
    uint32_t direction = processors > memory->allocated ? 1 : 2;
    uint64_t passed = state->now - memory->changed_at;
    uint64_t shortly = (state->tuning.shrink_after << memory->hold_shift) * SHORTLY;
    if (memory->last_direction != 0 && direction != memory->last_direction && passed < shortly)
        memory->hold_shift = policy_least(memory->hold_shift + 1, MOST_SHIFT);
    else if (passed > 2 * shortly && memory->hold_shift > 0)
        --memory->hold_shift;
    memory->allocated = processors;
    memory->last_direction = direction;
    memory->changed_at = state->now;
    memory->grow_since = memory->shrink_since = 0;
}

static void withdraw(struct policy_state const* state, uint32_t index, enum policy_reason reason,
                     struct policy_output* output) {
    struct policy_memory* memory = &state->domains[index].memory;
    policy_emit(output, state, index, POLICY_WITHDRAW, reason)->number = memory->reclaim.number;
    memory->reclaim.number = 0;
    memory->enforced = 0;
}

static void enforce(struct policy_state const* state, uint32_t index,
                    struct policy_output* output) {
    struct policy_memory* memory = &state->domains[index].memory;
    if (memory->enforced)
        return;
    memory->enforced = 1;
    ++memory->enforcements;
    policy_emit(output, state, index, POLICY_ENFORCE, POLICY_DEADLINE)->number =
        memory->reclaim.number;
}

static void look_at_reclaim(struct policy_state const* state, uint32_t index,
                            struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_memory* memory = &domain->memory;
    struct policy_pending* reclaim = &memory->reclaim;
    uint32_t held = policy_held(domain);
    int passed = state->now > reclaim->deadline;
    if (held <= reclaim->processors && (passed || reclaim->outcome == POLICY_DONE)) {
        if (memory->allocated > reclaim->processors)
            policy_set_allocated(state, domain, reclaim->processors);
        reclaim->number = 0;
        memory->enforced = 0;
    } else if (memory->target >= policy_most(memory->allocated, held) || memory->served) {
        withdraw(state, index, POLICY_NO_REASON, output);
    } else if (passed) {
        enforce(state, index, output);
    }
}

static int ripe(uint64_t now, uint64_t* since, int wanted, uint64_t after) {
    if (!wanted) {
        *since = 0;
        return 0;
    }
    if (*since == 0)
        *since = now;
    return now - *since >= after;
}

/* Numbers are not reused before four thousand million others; 0 means none. */
static uint32_t next_number(struct policy_state* state) {
    if (++state->last_number == 0)
        state->last_number = 1;
    return state->last_number;
}

static void open_pending(struct policy_state* state, struct policy_pending* pending,
                         struct policy_action* action, uint32_t processors, uint64_t time) {
    pending->number = next_number(state);
    pending->processors = processors;
    pending->deadline = state->now + time;
    pending->outcome = POLICY_OPEN;
    action->number = pending->number;
    action->processors = processors;
    action->until = pending->deadline;
}

static void offer(struct policy_state* state, uint32_t index, struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_memory* memory = &domain->memory;
    enum policy_reason reason =
        memory->target <= policy_guaranteed(state, domain) ? POLICY_WITHIN_SHARE : POLICY_SURPLUS;
    struct policy_action* action = policy_emit(output, state, index, POLICY_OFFER, reason);
    policy_set_allocated(state, domain, memory->target);
    open_pending(state, &memory->offer, action, memory->target, state->tuning.offer);
}

static void reclaim(struct policy_state* state, uint32_t index, struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_memory* memory = &domain->memory;
    int parks = policy_can(domain, POLICY_PARKS);
    int short_of = memory->share + state->tuning.band < memory->demand;
    struct policy_action* action = policy_emit(output, state, index, POLICY_RECLAIM,
                                               short_of ? POLICY_SHORTAGE : POLICY_LESS_DEMAND);
    open_pending(state, &memory->reclaim, action, memory->shrink_to,
                 parks ? state->tuning.park : state->tuning.give_back);
}

static uint64_t patience_to_grow(struct policy_state const* state,
                                 struct policy_domain const* domain) {
    int at_once = state->kind == POLICY_STATIC || domain->memory.rule_target != 0 ||
                  policy_answers(state, domain);
    return at_once ? 0 : state->tuning.grow_after;
}

/* VCPUs that sleep take nothing from anybody: it keeps them, whoever is short. */
static int in_the_way(struct policy_state const* state, struct policy_domain const* domain) {
    struct policy_memory const* memory = &domain->memory;
    return memory->runnable > memory->target * POLICY_WHOLE + state->tuning.band / 2;
}

static void change(struct policy_state* state, uint32_t index, struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_memory* memory = &domain->memory;
    int told = state->kind == POLICY_STATIC || memory->rule_target != 0;
    uint32_t has = policy_most(memory->allocated, policy_held(domain));
    int grow = ripe(state->now, &memory->grow_since, memory->target > memory->allocated,
                    patience_to_grow(state, domain));
    int shrink;
    memory->shrink_to =
        memory->shrink_since == 0 ? memory->target : policy_most(memory->shrink_to, memory->target);
    shrink = ripe(state->now, &memory->shrink_since,
                  memory->target < has && (told || in_the_way(state, domain)),
                  told ? 0 : hold(state, domain));
    if (memory->reclaim.number != 0)
        look_at_reclaim(state, index, output);
    else if (shrink && (told || state->pressure != 0) && memory->offer.number == 0 &&
             !memory->served && policy_can(domain, POLICY_GIVES_BACK))
        reclaim(state, index, output);
    else if (grow && memory->offer.number == 0 && state->now >= memory->next_offer &&
             policy_can(domain, POLICY_TAKES))
        offer(state, index, output);
}

void policy_change(struct policy_state* state, struct policy_output* output) {
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        change(state, i, output);
        state->domains[i].memory.served = 0;
    }
    state->work += state->domain_count;
}
