/* SPDX-License-Identifier: MIT
 * What the stages of a step share. A step runs them in the order in which they stand here. */
#pragma once

#include "policy.h"

struct policy_output {
    struct policy_action* actions;
    uint32_t count;
};

/* policy.c */
struct policy_action* policy_emit(struct policy_output* output, struct policy_state const* state,
                                  uint32_t index, enum policy_action_kind kind,
                                  enum policy_reason reason);

static inline uint32_t policy_least(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline uint32_t policy_most(uint32_t a, uint32_t b) { return a > b ? a : b; }

static inline uint32_t policy_clamp(uint32_t value, uint32_t low, uint32_t high) {
    return policy_most(low, policy_least(value, high));
}

static inline int policy_can(struct policy_domain const* domain, enum policy_capability what) {
    return (domain->config.capabilities & (uint32_t)what) != 0;
}

/* Processors that the domain could ever use here. */
static inline uint32_t policy_limit(struct policy_state const* state,
                                    struct policy_domain const* domain) {
    return policy_most(domain->config.minimum,
                       policy_least(domain->config.ceiling, state->processors));
}

/* What the domain has in use, by the VMM's count. A parked VCPU is up, but not in use. */
static inline uint32_t policy_held(struct policy_domain const* domain) {
    return policy_can(domain, POLICY_PARKS) ? domain->measured.active : domain->measured.online;
}

/* Runnable VCPUs by the VMM's count, in parts. */
static inline uint32_t policy_counted(struct policy_domain const* domain) {
    return policy_least(domain->measured.runnable, POLICY_MOST_PROCESSORS * POLICY_WHOLE);
}

/* Processors for its entitlement: what it is granted whatever the others want. */
uint32_t policy_guaranteed(struct policy_state const* state, struct policy_domain const* domain);

/* demand.c: entitlement, use, and how much each domain can be believed to need. */
void policy_estimate(struct policy_state* state);
/* All VCPUs that it has are busy, by the VMM's count, now or on average. */
int policy_busy(struct policy_domain const* domain);
/* The same on average alone: only then may what it claims press on others. */
int policy_stays_busy(struct policy_domain const* domain);
int policy_report_counts(struct policy_state const* state, struct policy_domain const* domain);

/* shares.c: weighted max-min fair division of what `wants` chooses, into `share`. */
enum policy_field { POLICY_FIELD_DEMAND, POLICY_FIELD_SCRATCH };
void policy_divide(struct policy_state* state, enum policy_field wants);

/* targets.c: whole processors for each share. */
enum policy_load policy_load_of(struct policy_state const* state,
                                struct policy_domain const* domain);
int policy_answers(struct policy_state const* state, struct policy_domain const* domain);
int policy_wants_whole(struct policy_state const* state, struct policy_domain const* domain);
uint32_t policy_most_processors(struct policy_state const* state,
                                struct policy_domain const* domain);
void policy_choose_targets(struct policy_state* state);

/* replies.c: releases and what came of offers and reclaims; of all, or of one domain. */
void policy_take_replies(struct policy_state* state, struct policy_output* output);
void policy_take_reply(struct policy_state* state, uint32_t index, struct policy_output* output);

/* requests.c: of all domains; of one, from what is left over still. */
void policy_answer_requests(struct policy_state* state, struct policy_output* output);
void policy_answer_domain(struct policy_state* state, uint32_t index, struct policy_output* output);

/* changes.c: offers, reclaims and enforcement, with hysteresis. */
void policy_change(struct policy_state* state, struct policy_output* output);
void policy_set_allocated(struct policy_state const* state, struct policy_domain* domain,
                          uint32_t processors);

/* weights.c: who is behind and who ahead of its share; then weights and caps. */
void policy_keep_balance(struct policy_state* state);
void policy_set_weights(struct policy_state* state, struct policy_output* output);

/* latency.c: how soon a VCPU that wakes may take another's processor. */
int policy_is_quick(struct policy_state const* state, struct policy_domain const* domain);
void policy_set_rate_limit(struct policy_state* state, struct policy_output* output);

/* rules.c: counts a sample, evaluates where it is time, leaves the result in `rule_target`. */
void policy_evaluate_rules(struct policy_state* state, struct policy_output* output);
