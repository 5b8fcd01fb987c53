/* SPDX-License-Identifier: MIT
 * Whole processors for each domain's share.
 *
 * Most kinds of load are served best when every bit of their share can be used: the share rounded
 * up. Threads that wait for each other at barriers or for locks are not: while one VCPU waits for
 * a processor, the others spin. For them *characteristics* rounds down, and gives what is left over
 * to the others. Around each whole number is a band in which nothing changes. */
#include "internal.h"

enum {
    NARROW = 4, /* shares are often whole numbers: the band is narrower below than above them */
};

enum policy_load policy_load_of(struct policy_state const* state,
                                struct policy_domain const* domain) {
    if (state->kind != POLICY_CHARACTERISTICS || !policy_report_counts(state, domain) ||
        domain->report.load > POLICY_LOAD_SATURATED)
        return POLICY_LOAD_UNKNOWN;
    return (enum policy_load)domain->report.load;
}

int policy_answers(struct policy_state const* state, struct policy_domain const* domain) {
    enum policy_load load = policy_load_of(state, domain);
    return load == POLICY_LOAD_INTERACTIVE || load == POLICY_LOAD_IO_BOUND;
}

int policy_wants_whole(struct policy_state const* state, struct policy_domain const* domain) {
    enum policy_load load = policy_load_of(state, domain);
    return load == POLICY_LOAD_BARRIERS || load == POLICY_LOAD_LOCKS;
}

/* With the operator's cap: more VCPUs than it can pay for are of no use. */
uint32_t policy_most_processors(struct policy_state const* state,
                                struct policy_domain const* domain) {
    uint32_t limit = policy_limit(state, domain);
    uint32_t percent = domain->config.cap_percent;
    uint32_t by_cap = percent == 0 ? limit : percent / 100 + (percent % 100 != 0);
    return policy_clamp(by_cap, domain->config.minimum, limit);
}

static uint32_t rounded_up(uint32_t now, uint32_t share, uint32_t band) {
    if (share > now * POLICY_WHOLE + band)
        return (share - band + POLICY_WHOLE - 1) / POLICY_WHOLE;
    if (now > 0 && share <= (now - 1) * POLICY_WHOLE + band / NARROW)
        return (share + POLICY_WHOLE - 1 - policy_least(share, band / NARROW)) / POLICY_WHOLE;
    return now;
}

static uint32_t rounded_down(uint32_t now, uint32_t share, uint32_t band) {
    if (share + band >= (now + 1) * POLICY_WHOLE)
        return (share + band) / POLICY_WHOLE;
    if (share + 2 * band < now * POLICY_WHOLE)
        return (share + 2 * band) / POLICY_WHOLE;
    return now;
}

/* An interactive domain that uses little has one VCPU more than its share needs. It costs nothing
 * while nothing wakes, and answers when two things do. */
static int spare_processor(struct policy_state const* state, struct policy_domain const* domain) {
    return policy_answers(state, domain) &&
           domain->memory.mean_use < domain->memory.entitlement / 2;
}

static void choose(struct policy_state const* state, struct policy_domain* domain) {
    struct policy_memory* memory = &domain->memory;
    uint32_t band = state->tuning.band;
    uint32_t spare = (uint32_t)spare_processor(state, domain);
    uint32_t now = policy_most(memory->allocated, spare + 1) - spare;
    uint32_t target = policy_wants_whole(state, domain)
                          ? rounded_down(now, memory->share, band)
                          : rounded_up(now, memory->share, band) + spare;
    if (state->kind == POLICY_STATIC)
        target = policy_guaranteed(state, domain);
    if (memory->rule_target != 0)
        target = memory->rule_target;
    memory->target =
        policy_clamp(target, domain->config.minimum, policy_most_processors(state, domain));
}

/* Who gets whole processors wants no more than those; the rest is divided again. */
static void yield_fractions(struct policy_state* state) {
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_domain* domain = &state->domains[i];
        struct policy_memory* memory = &domain->memory;
        memory->scratch = memory->demand;
        if (policy_wants_whole(state, domain))
            memory->scratch = policy_least(memory->scratch, memory->target * POLICY_WHOLE);
    }
    policy_divide(state, POLICY_FIELD_SCRATCH);
}

/* How much of a demand presses on others. Claims count for who keeps its VCPUs busy by the VMM's
 * count; who lets them sleep is short of nothing but what they were runnable. */
static uint32_t pressing(struct policy_domain const* domain, uint32_t demand) {
    return policy_stays_busy(domain) ? demand : policy_least(demand, domain->memory.runnable);
}

static int lacks_processors(struct policy_state const* state, struct policy_domain const* domain) {
    struct policy_memory const* memory = &domain->memory;
    int told = state->kind == POLICY_STATIC || memory->rule_target != 0;
    if (memory->target > memory->allocated && (told || policy_stays_busy(domain)))
        return 1;
    return pressing(domain, memory->demand) > memory->share + state->tuning.band;
}

/* It lacks what it is entitled to. On average: between two steps that follow each other closely,
 * as for requests, somebody always waits. */
static int deprived(struct policy_state const* state, struct policy_domain const* domain) {
    struct policy_memory const* memory = &domain->memory;
    uint32_t enough = memory->mean_use + state->tuning.band;
    return enough < memory->entitlement && pressing(domain, memory->fresh_demand) > enough;
}

/* Nobody is short: 0. Somebody is: 1. Somebody is who has less than it is entitled to: 2. */
static uint32_t shortage(struct policy_state const* state) {
    uint32_t worst = 0;
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        if (deprived(state, &state->domains[i]))
            return 2;
        worst = policy_most(worst, (uint32_t)lacks_processors(state, &state->domains[i]));
    }
    return worst;
}

void policy_choose_targets(struct policy_state* state) {
    for (uint32_t i = 0; i < state->domain_count; ++i)
        state->domains[i].memory.scratch = state->domains[i].memory.demand;
    policy_divide(state, POLICY_FIELD_SCRATCH);
    for (uint32_t i = 0; i < state->domain_count; ++i)
        choose(state, &state->domains[i]);
    if (state->kind == POLICY_CHARACTERISTICS) {
        yield_fractions(state);
        for (uint32_t i = 0; i < state->domain_count; ++i)
            if (!policy_wants_whole(state, &state->domains[i]))
                choose(state, &state->domains[i]);
    }
    state->work += (uint64_t)4 * state->domain_count;
    state->pressure = shortage(state);
}
