/* SPDX-License-Identifier: MIT
 * Counts what rules look at, and does what they say: one processor more, or one less, each time. */
#include "rules.h"

#include "internal.h"

static const uint64_t tick = 10000000; /* 10 ms */
static const uint64_t second = 1000000000;
static const int64_t minute = 60;

/* count / unit, in fixed point. */
static int64_t fixed(uint64_t count, uint64_t unit) {
    uint64_t whole = count / unit, most = (uint64_t)INT64_MAX >> (POLICY_RULE_BITS + 1);
    whole = whole > most ? most : whole;
    return (int64_t)((whole << POLICY_RULE_BITS) + ((count % unit) << POLICY_RULE_BITS) / unit);
}

/* Sums of what the guest says, without overflow whatever it says. */
static int64_t total(struct policy_report const* report, int which) {
    uint32_t count = policy_least(report->processor_count, POLICY_MOST_PROCESSORS);
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; ++i) {
        struct policy_processor const* processor = &report->processors[i];
        uint64_t times[] = {processor->busy, processor->idle, processor->blocked,
                            processor->stolen};
        uint64_t most = UINT64_MAX / POLICY_MOST_PROCESSORS;
        sum += fixed(times[which] > most ? most : times[which], tick);
    }
    return sum;
}

static int64_t loadavg(struct policy_history const* history, int64_t runnable, int64_t seconds) {
    int64_t one = (int64_t)1 << POLICY_RULE_BITS;
    int64_t passed = seconds > minute * one ? minute * one : seconds;
    return history->loadavg +
           (runnable - history->loadavg) / one * passed / (passed + minute * one) * one +
           (runnable - history->loadavg) % one * passed / (passed + minute * one);
}

static void count_sample(struct policy_state const* state, struct policy_domain const* domain) {
    struct policy_history* history = domain->config.history;
    struct policy_memory const* memory = &domain->memory;
    struct policy_report const* report = &domain->report;
    uint32_t waiting = memory->runnable > memory->use ? memory->runnable - memory->use : 0;
    int64_t now = fixed(state->now, second), before, *words;
    history->newest %= POLICY_RULE_HISTORY;
    before = history->count == 0 ? now : history->samples[history->newest][POLICY_WORD_TIME];
    history->newest = (history->newest + 1) % POLICY_RULE_HISTORY;
    history->count = policy_least(history->count + 1, POLICY_RULE_HISTORY);
    words = history->samples[history->newest];
    words[POLICY_WORD_USER] = total(report, 0);
    words[POLICY_WORD_IOWAIT] = total(report, 2);
    words[POLICY_WORD_IDLE] = total(report, 1);
    words[POLICY_WORD_STEAL] = total(report, 3);
    words[POLICY_WORD_TOTAL] = words[POLICY_WORD_USER] + words[POLICY_WORD_IOWAIT] +
                               words[POLICY_WORD_IDLE] + words[POLICY_WORD_STEAL];
    words[POLICY_WORD_NONE] = 0;
    words[POLICY_WORD_TIME] = now;
    words[POLICY_WORD_RUNNABLE] = fixed(report->runnable_threads, 1);
    history->loadavg = loadavg(history, words[POLICY_WORD_RUNNABLE], now - before);
    words[POLICY_WORD_LOADAVG] = history->loadavg;
    words[POLICY_WORD_ONLINE] = fixed(domain->measured.online, 1);
    words[POLICY_WORD_ALLOCATED] = fixed(memory->allocated, 1);
    words[POLICY_WORD_DEMAND] = fixed(report->demand, POLICY_WHOLE);
    words[POLICY_WORD_CONFIDENCE] = fixed(report->confidence, 1);
    words[POLICY_WORD_ENTITLEMENT] = fixed(memory->entitlement, POLICY_WHOLE);
    words[POLICY_WORD_USED] = fixed(memory->use, POLICY_WHOLE);
    words[POLICY_WORD_WAITING] = fixed(waiting, POLICY_WHOLE);
    words[POLICY_WORD_LOAD] = fixed(report->load, 1);
    words[POLICY_WORD_PRESSURE] = fixed(state->pressure != 0, 1);
}

static uint32_t decide(struct policy_state* state, struct policy_domain const* domain,
                       uint32_t now) {
    struct policy_rules const* rules = domain->config.rules;
    struct policy_history const* history = domain->config.history;
    uint32_t limit = policy_limit(state, domain);
    uint32_t most = rules->maximum == 0 ? limit : policy_least(rules->maximum, limit);
    uint32_t least = policy_clamp(rules->minimum, domain->config.minimum, most);
    if (history->count >= rules->history) {
        if (policy_rule_value(&rules->plug, history, &state->work) != 0)
            ++now;
        else if (policy_rule_value(&rules->unplug, history, &state->work) != 0)
            now -= now > 0;
    }
    return policy_clamp(now, least, most);
}

static void evaluate(struct policy_state* state, uint32_t index, struct policy_output* output) {
    struct policy_domain* domain = &state->domains[index];
    struct policy_memory* memory = &domain->memory;
    struct policy_rules const* rules = domain->config.rules;
    uint32_t now = memory->rule_target != 0 ? memory->rule_target : memory->allocated, next;
    memory->rules_at = state->now + rules->update;
    count_sample(state, domain);
    next = decide(state, domain, rules->dry_run ? memory->allocated : now);
    if (!rules->dry_run) {
        memory->rule_target = next;
        return;
    }
    memory->rule_target = 0;
    if (next != memory->allocated)
        policy_emit(output, state, index, POLICY_WOULD, POLICY_OPERATOR)->processors = next;
}

void policy_evaluate_rules(struct policy_state* state, struct policy_output* output) {
    for (uint32_t i = 0; i < state->domain_count; ++i) {
        struct policy_domain* domain = &state->domains[i];
        ++state->work;
        if (domain->config.rules == 0)
            domain->memory.rule_target = 0;
        else if (state->now >= domain->memory.rules_at)
            evaluate(state, i, output);
    }
}
