/* SPDX-License-Identifier: MIT
 * What each domain is entitled to, what it used, and how much it can be believed to need.
 *
 * A report is a claim. It is believed as far as the VMM's own count allows: whoever has VCPUs idle
 * does not need more of them, whatever it says; whoever keeps all of them busy may need more, and
 * only the guest knows how many. */
#include "internal.h"

enum {
    DISBELIEF = 250,   /* parts that a claim may be above the VMM's count while VCPUs are idle */
    BUSY_ENOUGH = 250, /* parts by which the count may be below all VCPUs, and all are busy */
    STEP_UP = POLICY_WHOLE, /* what a busy domain that says nothing is thought to want more */
};

/* Over a minute: nothing older counts. Products with it stay below 64 bits. */
static const uint64_t LONG_AGO = (uint64_t)1 << 36;

/* old + (new - old) x passed / (passed + constant): an exponential mean for uneven intervals. */
static uint32_t smooth(uint32_t old, uint32_t fresh, uint64_t passed, uint64_t constant) {
    int64_t part, difference = (int64_t)fresh - (int64_t)old;
    if (passed > LONG_AGO || constant == 0)
        return fresh;
    constant = constant > LONG_AGO ? LONG_AGO : constant;
    part = difference * (int64_t)passed / (int64_t)(passed + constant);
    if (part == 0 && difference != 0 && passed != 0) /* so that it arrives */
        part = difference > 0 ? 1 : -1;
    return (uint32_t)((int64_t)old + part);
}

int policy_report_counts(struct policy_state const* state, struct policy_domain const* domain) {
    struct policy_report const* report = &domain->report;
    return policy_can(domain, POLICY_REPORTS) && report->time != 0 && report->time <= state->now &&
           state->now - report->time <= state->tuning.stale;
}

static uint32_t in_use(struct policy_domain const* domain) {
    return policy_clamp(policy_held(domain), 1, POLICY_MOST_PROCESSORS) * POLICY_WHOLE;
}

static uint32_t all_of_it(struct policy_domain const* domain) {
    return policy_least(in_use(domain), domain->memory.allocated * POLICY_WHOLE);
}

int policy_busy(struct policy_domain const* domain) {
    return policy_most(domain->memory.runnable, policy_counted(domain)) + BUSY_ENOUGH >=
           all_of_it(domain);
}

/* Not at a single moment: who sleeps most of the time is seen awake now and then. */
int policy_stays_busy(struct policy_domain const* domain) {
    return domain->memory.runnable + BUSY_ENOUGH >= all_of_it(domain);
}

static uint32_t believed(struct policy_state const* state, struct policy_domain const* domain) {
    uint32_t count = policy_counted(domain), claim, confidence;
    if (!policy_report_counts(state, domain))
        return policy_stays_busy(domain) ? count + STEP_UP : count;
    claim = policy_least(domain->report.demand, POLICY_MOST_PROCESSORS * POLICY_WHOLE);
    confidence = policy_least(domain->report.confidence, 100);
    claim = (claim * confidence + count * (100 - confidence)) / 100;
    if (policy_busy(domain))
        return policy_most(claim, domain->memory.runnable);
    return policy_least(claim, policy_most(count, domain->memory.runnable) + DISBELIEF);
}

/* A request that was to be served later counts as a claim while the domain is busy. */
static uint32_t with_wish(struct policy_state const* state, struct policy_domain* domain,
                          uint32_t demand) {
    struct policy_memory* memory = &domain->memory;
    if (memory->wish == 0)
        return demand;
    if (state->now > memory->wish_until || memory->allocated >= memory->wish) {
        memory->wish = 0;
        return demand;
    }
    return policy_busy(domain) ? policy_most(demand, memory->wish * POLICY_WHOLE) : demand;
}

/* The most that could be of use: the operator's bounds, and what there is. */
static uint32_t bounded(struct policy_state const* state, struct policy_domain const* domain,
                        uint32_t demand) {
    uint32_t most = policy_limit(state, domain) * POLICY_WHOLE;
    if (domain->config.cap_percent != 0)
        most = (uint32_t)(domain->config.cap_percent < most / 10
                              ? domain->config.cap_percent * (POLICY_WHOLE / 100)
                              : most);
    if (domain->memory.enforced) /* by a cap; what that leaves is for the others */
        most = policy_least(most, policy_most(domain->memory.entitlement, 1));
    return policy_least(demand, policy_least(most, state->processors * POLICY_WHOLE));
}

static void measure(struct policy_state const* state, struct policy_domain* domain) {
    struct policy_memory* memory = &domain->memory;
    uint64_t passed = state->now - state->last;
    uint64_t time = domain->measured.processor_time;
    uint64_t used = time > memory->processor_time ? time - memory->processor_time : 0;
    if (passed == 0 || state->last == 0) {
        memory->processor_time = state->last == 0 ? time : memory->processor_time;
        return;
    }
    if (passed > LONG_AGO) {
        used = used / (passed / LONG_AGO);
        passed = LONG_AGO;
    }
    if (used > state->processors * passed) /* clock and count are of two moments */
        used = state->processors * passed;
    memory->use = (uint32_t)(used * POLICY_WHOLE / passed);
    memory->processor_time = time;
    memory->runnable =
        smooth(memory->runnable, policy_counted(domain), passed, state->tuning.count);
    memory->mean_use = smooth(memory->mean_use, memory->use, passed, state->tuning.count);
}

void policy_estimate(struct policy_state* state) {
    uint64_t passed = state->now - state->last, capacity;
    capacity = (uint64_t)state->processors * POLICY_WHOLE;
    state->weight_sum = 0;
    for (uint32_t i = 0; i < state->domain_count; ++i)
        state->weight_sum += state->domains[i].config.weight;
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_domain* domain = &state->domains[i];
        struct policy_memory* memory = &domain->memory;
        ++state->work;
        memory->entitlement = (uint32_t)(capacity * domain->config.weight / state->weight_sum);
        measure(state, domain);
        memory->fresh_demand =
            bounded(state, domain, with_wish(state, domain, believed(state, domain)));
        memory->demand = state->last == 0
                             ? memory->fresh_demand
                             : smooth(memory->demand, memory->fresh_demand, passed,
                                      memory->fresh_demand > memory->demand ? state->tuning.rise
                                                                            : state->tuning.fall);
    }
}
