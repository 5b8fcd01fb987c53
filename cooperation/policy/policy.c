/* SPDX-License-Identifier: MIT
 * One step, or one answer: checks what the caller gave, then runs the stages, none of which can
 * fail. */
#include "internal.h"

static const uint64_t millisecond = 1000000;

void policy_defaults(struct policy_tuning* tuning) {
    tuning->rise = 20 * millisecond;
    tuning->fall = 100 * millisecond;
    tuning->count = 50 * millisecond;
    tuning->grow_after = 30 * millisecond;
    tuning->shrink_after = 300 * millisecond;
    tuning->give_back = 100 * millisecond;
    tuning->park = 20 * millisecond;
    tuning->offer = 100 * millisecond;
    tuning->offer_again = 500 * millisecond;
    tuning->stale = 1000 * millisecond;
    tuning->settle = 200 * millisecond;
    tuning->rate_limit = 1000; /* Xen's own */
    tuning->quick = 0;
    tuning->band = 200;
    tuning->request_limit = 50;
}

struct policy_action* policy_emit(struct policy_output* output, struct policy_state const* state,
                                  uint32_t index, enum policy_action_kind kind,
                                  enum policy_reason reason) {
    struct policy_action* action = &output->actions[output->count++];
    *action = (struct policy_action){0};
    action->kind = kind;
    action->index = index;
    action->domain = state->domains[index].config.id;
    action->reason = reason;
    return action;
}

uint32_t policy_guaranteed(struct policy_state const* state, struct policy_domain const* domain) {
    uint32_t half = policy_wants_whole(state, domain) ? state->tuning.band : POLICY_WHOLE / 2;
    uint32_t whole = (domain->memory.entitlement + half) / POLICY_WHOLE;
    return policy_clamp(whole, domain->config.minimum, policy_limit(state, domain));
}

static int host_valid(struct policy_state const* state) {
    struct policy_tuning const* tuning = &state->tuning;
    return state->processors > 0 && state->processors <= POLICY_MOST_HOST &&
           state->domain_count <= POLICY_MOST_DOMAINS && state->kind <= POLICY_CHARACTERISTICS &&
           tuning->band < POLICY_WHOLE / 2 && tuning->settle >= millisecond &&
           tuning->settle <= 60000 * millisecond;
}

static int config_valid(struct policy_config const* config) {
    return config->weight >= POLICY_LEAST_WEIGHT && config->weight <= POLICY_MOST_WEIGHT &&
           config->minimum >= 1 && config->minimum <= config->ceiling &&
           config->ceiling <= POLICY_MOST_PROCESSORS &&
           (config->rules == 0 || config->history != 0);
}

static enum policy_status check(struct policy_state const* state, uint32_t capacity) {
    if (!host_valid(state))
        return POLICY_BAD_HOST;
    if (state->now < state->last)
        return POLICY_CLOCK_BACK;
    if (capacity < state->domain_count * POLICY_ACTIONS_PER_DOMAIN)
        return POLICY_NO_ROOM;
    for (uint32_t i = 0; i < state->domain_count; ++i)
        if (!config_valid(&state->domains[i].config))
            return POLICY_BAD_DOMAIN;
    return POLICY_OK;
}

/* A new domain keeps what it came with, within its bounds. */
static void welcome(struct policy_state* state) {
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_domain* domain = &state->domains[i];
        ++state->work;
        if (domain->memory.known)
            continue;
        domain->memory.known = 1;
        domain->memory.processor_time = domain->measured.processor_time;
        domain->memory.runnable =
            policy_least(domain->measured.runnable, POLICY_MOST_PROCESSORS * POLICY_WHOLE);
        domain->memory.mean_use = domain->memory.runnable;
        domain->memory.allocated = policy_clamp(domain->measured.online, domain->config.minimum,
                                                policy_limit(state, domain));
    }
}

enum policy_status policy_step(struct policy_state* state, struct policy_action* actions,
                               uint32_t capacity, uint32_t* count) {
    struct policy_output output = {actions, 0};
    enum policy_status status = check(state, capacity);
    if (status != POLICY_OK)
        return status;
    state->work = 0;
    welcome(state);
    policy_estimate(state);
    policy_keep_balance(state);
    policy_take_replies(state, &output);
    policy_evaluate_rules(state, &output);
    policy_choose_targets(state);
    policy_answer_requests(state, &output);
    policy_change(state, &output);
    policy_set_weights(state, &output);
    policy_set_rate_limit(state, &output);
    state->last = state->now;
    *count = output.count;
    return POLICY_OK;
}

static enum policy_status check_one(struct policy_state const* state, uint32_t index,
                                    uint32_t capacity) {
    if (!host_valid(state) || index >= state->domain_count)
        return POLICY_BAD_HOST;
    if (state->now < state->last)
        return POLICY_CLOCK_BACK;
    if (capacity < POLICY_ACTIONS_PER_DOMAIN)
        return POLICY_NO_ROOM;
    if (!config_valid(&state->domains[index].config))
        return POLICY_BAD_DOMAIN;
    return state->domains[index].memory.known ? POLICY_OK : POLICY_NEW_DOMAIN;
}

enum policy_status policy_answer(struct policy_state* state, uint32_t index,
                                 struct policy_action* actions, uint32_t capacity,
                                 uint32_t* count) {
    struct policy_output output = {actions, 0};
    enum policy_status status = check_one(state, index, capacity);
    if (status != POLICY_OK)
        return status;
    state->work = 0;
    policy_take_reply(state, index, &output);
    policy_answer_domain(state, index, &output);
    *count = output.count;
    return POLICY_OK;
}
