/* SPDX-License-Identifier: MIT
 * Answers every request exactly once: at once, or in the step that finds it.
 *
 * Up to its entitlement a domain gets what it asks for, at once, whatever the others do: so it
 * risks nothing by giving processors up. Beyond that it gets what nobody else needs. */
#include "internal.h"

static const uint64_t second = 1000000000;

struct verdict {
    enum policy_answer answer;
    enum policy_reason reason;
    uint32_t processors;
};

static int too_many(struct policy_state const* state, struct policy_memory* memory) {
    if (state->now - memory->second_began >= second) {
        memory->second_began = state->now;
        memory->requests_seen = 0;
    }
    if (memory->requests_seen >= state->tuning.request_limit)
        return 1;
    ++memory->requests_seen;
    return 0;
}

static int senseless(struct policy_state const* state, struct policy_domain const* domain,
                     struct policy_request const* request) {
    return request->wanted == 0 || request->wanted > POLICY_MOST_PROCESSORS ||
           request->minimum > request->wanted || !policy_can(domain, POLICY_TAKES) ||
           (request->until != 0 && request->until <= state->now) ||
           (request->by != 0 && request->by < state->now);
}

/* What it has been granted. What it is asked back is not its own any more: it may have given that
 * already, though no step has counted it yet. */
static uint32_t granted(struct policy_domain const* domain) {
    struct policy_memory const* memory = &domain->memory;
    if (memory->reclaim.number == 0)
        return memory->allocated;
    return policy_least(memory->allocated, memory->reclaim.processors);
}

/* Processors that it could have now, `spare` parts being left over by everybody. */
static uint32_t available(struct policy_state const* state, struct policy_domain const* domain,
                          uint32_t spare) {
    struct policy_memory const* memory = &domain->memory;
    uint32_t parts = policy_most(memory->share + spare, memory->entitlement);
    uint32_t band = state->tuning.band;
    uint32_t whole = policy_wants_whole(state, domain)
                         ? (parts + band) / POLICY_WHOLE
                         : (policy_most(parts, band) - band + POLICY_WHOLE - 1) / POLICY_WHOLE;
    if (state->kind == POLICY_STATIC)
        whole = 0;
    return policy_clamp(policy_most(whole, policy_guaranteed(state, domain)), granted(domain),
                        policy_most(granted(domain), policy_most_processors(state, domain)));
}

static enum policy_reason why_not_more(struct policy_state const* state,
                                       struct policy_domain const* domain, uint32_t got) {
    if (domain->memory.rule_target != 0)
        return POLICY_OPERATOR;
    if (got >= policy_most_processors(state, domain))
        return policy_most_processors(state, domain) < policy_limit(state, domain) ? POLICY_OPERATOR
                                                                                   : POLICY_CEILING;
    if (state->kind == POLICY_STATIC)
        return POLICY_FIXED;
    return policy_wants_whole(state, domain) ? POLICY_WHOLE_PROCESSORS : POLICY_SHORTAGE;
}

/* Whether it is only the smoothing of demand that keeps more from it. */
static int soon(struct policy_state const* state, struct policy_domain const* domain,
                uint32_t least) {
    if (state->kind == POLICY_STATIC || domain->memory.rule_target != 0)
        return 0;
    return available(state, domain, state->fresh_spare) >= least;
}

static struct verdict judge(struct policy_state const* state, struct policy_domain const* domain,
                            struct policy_request const* request) {
    uint32_t now = granted(domain);
    uint32_t can = available(state, domain, state->spare);
    uint32_t guaranteed = policy_guaranteed(state, domain);
    uint32_t least = policy_most(request->minimum, now + 1);
    if (request->wanted <= now)
        return (struct verdict){POLICY_GRANTED, POLICY_HELD_ALREADY, request->wanted};
    if (domain->memory.rule_target != 0)
        return (struct verdict){POLICY_NOT, POLICY_OPERATOR, now};
    if (request->wanted > policy_most(now, guaranteed) && !policy_busy(domain))
        can = policy_most(now, policy_least(can, guaranteed));
    if (can >= request->wanted)
        return (struct verdict){
            POLICY_GRANTED, request->wanted <= guaranteed ? POLICY_WITHIN_SHARE : POLICY_SURPLUS,
            request->wanted};
    if (can >= least)
        return (struct verdict){POLICY_PARTLY, why_not_more(state, domain, can), can};
    if (!policy_busy(domain))
        return (struct verdict){POLICY_NOT, POLICY_UNUSED, now};
    if (soon(state, domain, least))
        return (struct verdict){POLICY_LATER, POLICY_SETTLING, now};
    return (struct verdict){POLICY_NOT, why_not_more(state, domain, can), now};
}

static void remember_wish(struct policy_state const* state, struct policy_memory* memory,
                          struct policy_request const* request) {
    uint64_t latest = state->now + second;
    memory->wish = request->wanted;
    memory->wish_until = latest;
    if (request->until != 0 && request->until < latest)
        memory->wish_until = request->until;
    if (request->by != 0 && request->by < memory->wish_until)
        memory->wish_until = request->by;
}

/* Returns the parts that were given away. */
static uint32_t answer(struct policy_state const* state, uint32_t index,
                       struct policy_request const* request, struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_memory* memory = &domain->memory;
    struct verdict verdict = {POLICY_NOT, POLICY_NO_REASON, granted(domain)};
    uint32_t before = memory->allocated, given = 0;
    struct policy_action* action;
    if (too_many(state, memory))
        verdict.reason = POLICY_TOO_MANY_REQUESTS;
    else if (senseless(state, domain, request))
        verdict.reason = POLICY_BAD_REQUEST;
    else
        verdict = judge(state, domain, request);
    action = policy_emit(output, state, index, POLICY_ANSWER, verdict.reason);
    action->number = request->number;
    action->answer = verdict.answer;
    action->processors = verdict.processors;
    action->until = request->until;
    if (verdict.answer == POLICY_LATER || verdict.answer == POLICY_PARTLY)
        remember_wish(state, memory, request);
    if (verdict.answer == POLICY_LATER)
        action->until = memory->wish_until;
    if (verdict.processors > granted(domain))
        memory->served = 1; /* and a reclaim does not matter any more */
    if (verdict.processors > before) {
        policy_set_allocated(state, domain, verdict.processors);
        given = (verdict.processors - before) * POLICY_WHOLE;
    }
    return given;
}

void policy_answer_domain(struct policy_state* state, uint32_t index,
                          struct policy_output* output) {
    struct policy_inbox* inbox = &state->domains[index].inbox;
    uint32_t requests = policy_least(inbox->request_count, POLICY_MOST_REQUESTS);
    for (uint32_t i = 0; i < requests; ++i) {
        uint32_t given = answer(state, index, &inbox->requests[i], output);
        state->spare -= policy_least(given, state->spare);
        state->fresh_spare -= policy_least(given, state->fresh_spare);
        ++state->work;
    }
    inbox->request_count = 0;
}

void policy_answer_requests(struct policy_state* state, struct policy_output* output) {
    uint64_t capacity = (uint64_t)state->processors * POLICY_WHOLE, shares = 0, fresh = 0;
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        shares += state->domains[i].memory.share;
        fresh +=
            policy_least(state->domains[i].memory.share, state->domains[i].memory.fresh_demand);
    }
    state->spare = shares < capacity ? (uint32_t)(capacity - shares) : 0;
    state->fresh_spare = fresh < capacity ? (uint32_t)(capacity - fresh) : 0;
    for (uint32_t i = 0; i < state->domain_count; ++i)
        policy_answer_domain(state, i, output);
    state->work += (uint64_t)2 * state->domain_count;
}
