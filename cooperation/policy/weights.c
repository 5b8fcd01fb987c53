/* SPDX-License-Identifier: MIT
 * Weights that give each domain its share, whatever number of VCPUs it has runnable; and caps.
 *
 * Xen's credit2 (csched2_alloc_udata, t2c_update) gives every VCPU the whole weight of its domain,
 * so a domain of two runnable VCPUs gets twice what one of a single VCPU gets. Here a VCPU's weight
 * is the domain's divided by its runnable VCPUs, as the VMM counted them, times a factor between
 * 1/2 and 2 by which the domain is behind or ahead of its share of measured processor time. That
 * factor levels what counting cannot see: rounding, VCPUs that block just when one looks, and
 * changes between two steps. */
#include "internal.h"

enum {
    NEUTRAL = 1024, /* the factor 1 */
    LEAST_FACTOR = NEUTRAL / 2,
    MOST_FACTOR = NEUTRAL * 2,
    QUICK = 4, /* times that, for a domain that answers and uses little */
    RAW_BITS = 20,
    FULL = POLICY_MOST_WEIGHT / (2 * QUICK + 1), /* of one VCPU, largest weight, factor 1 */
    COARSE = 100, /* below it rounding costs more than half a percent */
    WORTH = 32,   /* a change by less than one part of it is not made: the balance levels that */
    FINE = 1024,
    FORGET = 10, /* times `settle`: while nobody is short, debts fade */
};

static const int64_t microsecond = 1000;
static const uint64_t most_interval = 1000000; /* microseconds of which one step takes account */

static int contended(struct policy_state* state) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < state->domain_count; ++i)
        sum += policy_counted(&state->domains[i]);
    state->work += state->domain_count;
    return sum > (uint64_t)state->processors * POLICY_WHOLE;
}

static int64_t bounded(int64_t value, int64_t bound) {
    if (value > bound)
        return bound;
    return value < -bound ? -bound : value;
}

static int64_t unit(struct policy_state const* state, struct policy_memory const* memory) {
    int64_t settle = (int64_t)state->tuning.settle / microsecond;
    return (int64_t)policy_most(memory->entitlement, 1) * settle;
}

/* What it should have had a share of. Who has VCPUs idle, on average, gets all that it wants, if
 * later than it would like: counts of moments say that it waits, which no weight makes good. */
static uint32_t contends(struct policy_domain const* domain) {
    return policy_stays_busy(domain) ? policy_counted(domain) : domain->memory.use;
}

/* What those who contend should have had, and what they had. */
struct contest {
    int64_t shares, used;
    uint32_t count;
};

static struct contest judge(struct policy_state const* state) {
    struct contest found = {0, 0, 0};
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_domain const* domain = &state->domains[i];
        if (!policy_stays_busy(domain))
            continue;
        found.shares += domain->memory.share;
        found.used += domain->memory.use;
        ++found.count;
    }
    return found;
}

/* By how many parts x FINE it is behind. What nobody got, as Xen or the host below it had it, is
 * missing to all who contend alike, and makes nobody's balance. Products stay below 2^63. */
static int64_t behind(struct policy_domain const* domain, struct contest all) {
    int64_t share = domain->memory.share, use = domain->memory.use;
    if (!policy_stays_busy(domain) || all.used >= all.shares)
        return (share - use) * FINE;
    return (share * all.used - use * all.shares) * FINE / all.shares;
}

void policy_keep_balance(struct policy_state* state) {
    uint64_t passed = (state->now - state->last) / (uint64_t)microsecond;
    struct contest all;
    int64_t time, memory_time = (int64_t)state->tuning.settle / microsecond * FORGET;
    int crowded = contended(state);
    time = (int64_t)(passed > most_interval ? most_interval : passed);
    if (state->last == 0)
        return;
    for (uint32_t i = 0; i < state->domain_count; ++i)
        state->domains[i].memory.scratch = contends(&state->domains[i]);
    policy_divide(state, POLICY_FIELD_SCRATCH);
    all = judge(state);
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_memory* memory = &state->domains[i].memory;
        int64_t missing = behind(&state->domains[i], all);
        int counts = policy_stays_busy(&state->domains[i])
                         ? all.count > 1 /* else there is nobody to be ahead of */
                         : memory->balance <= 0 || missing < 0;
        if (crowded && counts)
            memory->balance += missing * time / FINE;
        else
            memory->balance -= memory->balance * time / (time + memory_time);
        memory->balance = bounded(memory->balance, unit(state, memory));
        if (state->domains[i].measured.cap_percent != 0)
            memory->balance = 0; /* it is the cap that holds it back */
    }
    state->work += (uint64_t)3 * state->domain_count;
}

/* What a domain weighs more that answers, or rested until now, as parts of NEUTRAL: all while it
 * uses no more than half of its entitlement, less and less from there to all of it.
 * credit2 lets a VCPU that wakes run at once when it has more credit left than who runs. After all
 * were given new credit that is so once the other has used up, by weight, as much as the burst
 * before took. Where it is not so the VCPU waits until the other's credit is gone: 10 ms
 * (CSCHED2_CREDIT_INIT) by the ratio of the weights. */
static int64_t quickness(struct policy_state const* state, struct policy_domain const* domain) {
    int64_t entitlement = domain->memory.entitlement;
    int64_t left = entitlement - (int64_t)domain->memory.mean_use;
    if (!policy_is_quick(state, domain))
        return 0;
    left = 2 * left < entitlement ? 2 * left : entitlement;
    return (QUICK - 1) * NEUTRAL * left / entitlement;
}

/* Who serves the others does not come after them: the most of theirs, until it uses more than it is
 * entitled to, and none of it at twice as much. No longer than they have it: credit2 takes credit
 * by the ratio to the largest weight, so that all others are looked at more often. */
static int64_t serving(struct policy_domain const* domain, int64_t most) {
    int64_t entitlement = domain->memory.entitlement;
    int64_t left = 2 * entitlement - (int64_t)domain->memory.mean_use;
    left = left < 0 ? 0 : left < entitlement ? left : entitlement;
    return most * left / policy_most((uint32_t)entitlement, 1);
}

static int64_t most_quickness(struct policy_state* state) {
    int64_t most = 0;
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        int64_t each = quickness(state, &state->domains[i]);
        most = each > most ? each : most;
    }
    state->work += state->domain_count;
    return most;
}

/* `most`: of all domains' quickness. */
static uint64_t factor(struct policy_state const* state, struct policy_domain const* domain,
                       int64_t most) {
    struct policy_memory const* memory = &domain->memory;
    int64_t value = NEUTRAL + memory->balance * NEUTRAL / unit(state, memory);
    int64_t quick =
        policy_can(domain, POLICY_SERVES) ? serving(domain, most) : quickness(state, domain);
    value = value < LEAST_FACTOR ? LEAST_FACTOR : value > MOST_FACTOR ? MOST_FACTOR : value;
    return (uint64_t)(value + value * quick / NEUTRAL);
}

/* Weight of one VCPU, with RAW_BITS of fraction. 16 + 20 + 12 bits, times 1000, is below 2^58. */
static uint64_t raw(struct policy_state const* state, struct policy_domain const* domain,
                    int64_t most) {
    uint64_t count = policy_most(domain->memory.runnable, POLICY_WHOLE);
    uint64_t weight = (uint64_t)domain->config.weight << RAW_BITS;
    return weight * factor(state, domain, most) * POLICY_WHOLE / (count * NEUTRAL);
}

static uint32_t scaled(uint64_t raw_weight, uint64_t full, uint64_t of) {
    uint64_t weight = (raw_weight * full + of / 2) / of;
    weight = weight < POLICY_LEAST_WEIGHT ? POLICY_LEAST_WEIGHT : weight;
    return (uint32_t)(weight > POLICY_MOST_WEIGHT ? POLICY_MOST_WEIGHT : weight);
}

static int worth_it(uint32_t from, uint32_t to) {
    uint32_t difference = from < to ? to - from : from - to;
    return difference != 0 && (uint64_t)difference * WORTH >= from;
}

static void set_cap(struct policy_state const* state, uint32_t index,
                    struct policy_output* output) {
    struct policy_domain const* domain = &state->domains[index];
    struct policy_memory const* memory = &domain->memory;
    uint32_t cap = domain->config.cap_percent;
    uint32_t share = policy_most(memory->entitlement / (POLICY_WHOLE / 100), 1);
    enum policy_reason reason = memory->enforced ? POLICY_DEADLINE : POLICY_OBEYED;
    if (memory->enforced)
        cap = cap == 0 ? share : policy_least(cap, share);
    if (cap == domain->config.cap_percent && cap != 0)
        reason = POLICY_OPERATOR;
    if (cap != domain->measured.cap_percent)
        policy_emit(output, state, index, POLICY_SET_CAP, reason)->value = cap;
}

/* The scale is that of the largest configured weight, so that a change of one domain leaves the
 * others' weights alone. Where that makes somebody's weight coarse, the largest weight that is
 * needed now gives the scale. */
void policy_set_weights(struct policy_state* state, struct policy_output* output) {
    uint64_t full = FULL, of = 1, least = UINT64_MAX, most = 1;
    int64_t quick = most_quickness(state);
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_domain* domain = &state->domains[i];
        uint64_t configured = (uint64_t)domain->config.weight << RAW_BITS;
        domain->memory.raw_weight = raw(state, domain, quick);
        of = configured > of ? configured : of;
        least = domain->memory.raw_weight < least ? domain->memory.raw_weight : least;
        most = domain->memory.raw_weight > most ? domain->memory.raw_weight : most;
    }
    if (state->domain_count != 0 && scaled(least, full, of) < COARSE) {
        full = POLICY_MOST_WEIGHT;
        of = most;
    }
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_domain const* domain = &state->domains[i];
        uint32_t weight = scaled(domain->memory.raw_weight, full, of);
        if (worth_it(domain->measured.weight, weight))
            policy_emit(output, state, i, POLICY_SET_WEIGHT, POLICY_KEEP_SHARE)->value = weight;
        set_cap(state, i, output);
    }
    state->work += (uint64_t)2 * state->domain_count;
}
