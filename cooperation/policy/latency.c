/* SPDX-License-Identifier: MIT
 * Xen lets a VCPU run for a while (1 ms) before one that woke may take its processor. That keeps
 * batch work together, and is what interactive domains wait for. While one is there that uses less
 * than its entitlement, *characteristics* has none. The least that there is, 100 us, would not do:
 * who wakes within it waits for credit2's next look, after 500 us (CSCHED2_MIN_TIMER). */
#include "internal.h"

static const uint64_t linger = 1000000000;
static const uint32_t nothing = POLICY_WHOLE / 50; /* to report takes as much */

/* One that rested until now is not known yet, and may well answer. */
int policy_is_quick(struct policy_state const* state, struct policy_domain const* domain) {
    int rested = policy_load_of(state, domain) == POLICY_LOAD_IDLE;
    return (rested || policy_answers(state, domain)) &&
           domain->memory.mean_use < domain->memory.entitlement;
}

void policy_set_rate_limit(struct policy_state* state, struct policy_output* output) {
    uint32_t asking = 0, wanted;
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        if (!policy_is_quick(state, &state->domains[i]) ||
            state->domains[i].memory.mean_use < nothing)
            continue;
        state->quick_until = state->now + linger;
        asking = i;
    }
    state->work += state->domain_count;
    if (state->rate_limit == POLICY_CANNOT_SET || state->kind != POLICY_CHARACTERISTICS ||
        state->domain_count == 0)
        return;
    wanted = state->now < state->quick_until ? state->tuning.quick : state->tuning.rate_limit;
    if (wanted != state->rate_limit)
        policy_emit(output, state, asking, POLICY_SET_RATE_LIMIT, POLICY_QUICK_ANSWERS)->value =
            wanted;
}
