/* SPDX-License-Identifier: MIT
 * Weighted max-min fair division of the host's processors (water-filling): everybody gets what it
 * wants up to a common level times its weight. So each gets its entitlement if it wants as much,
 * and what some do not want goes to the others by weight. The level is found by bisection, whose
 * number of rounds does not depend on the domains. */
#include "internal.h"

enum {
    LEVEL_BITS = 16, /* of fraction in a level, in parts per unit of weight */
    ROUNDS = 40, /* POLICY_MOST_HOST x POLICY_WHOLE is below 2^22; 22 + 16 bits, and 2 to spare */
};

static uint32_t wanted(struct policy_domain const* domain, enum policy_field wants) {
    return wants == POLICY_FIELD_DEMAND ? domain->memory.demand : domain->memory.scratch;
}

static uint32_t at_level(struct policy_domain const* domain, enum policy_field wants,
                         uint64_t level) {
    uint64_t by_weight = (level * domain->config.weight) >> LEVEL_BITS;
    uint32_t want = wanted(domain, wants);
    return by_weight < want ? (uint32_t)by_weight : want;
}

static uint64_t sum_at(struct policy_state* state, enum policy_field wants, uint64_t level) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < state->domain_count; ++i)
        sum += at_level(&state->domains[i], wants, level);
    state->work += state->domain_count;
    return sum;
}

void policy_divide(struct policy_state* state, enum policy_field wants) {
    uint64_t capacity = (uint64_t)state->processors * POLICY_WHOLE;
    uint64_t low = 0, high = (capacity + 1) << LEVEL_BITS;
    for (int round = 0; round < ROUNDS; ++round) {
        uint64_t middle = low + (high - low) / 2;
        if (sum_at(state, wants, middle) <= capacity)
            low = middle;
        else
            high = middle;
    }
    for (uint32_t i = 0; i < state->domain_count; ++i)
        state->domains[i].memory.share = at_level(&state->domains[i], wants, low);
}
