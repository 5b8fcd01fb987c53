/* SPDX-License-Identifier: MIT
 *
 * Rules that an operator wrote by hand for a domain, in compiled form: what s390's cpuplugd knows
 * (HOTPLUG, HOTUNPLUG, CPU_MIN, CPU_MAX, UPDATE, history), and the words below. rules/parser.hpp
 * makes them from text; README.md there describes the language.
 *
 * A program is for a stack machine that only goes forward, so that its time is its length. Values
 * are fixed-point numbers with POLICY_RULE_BITS of fraction; results that do not fit stop at the
 * ends, and x / 0 is 0.
 */
#pragma once

#include "policy.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    POLICY_RULE_BITS = 16,
    POLICY_RULE_LENGTH = 256,  /* instructions of a program */
    POLICY_RULE_DEPTH = 32,    /* values on the stack */
    POLICY_RULE_HISTORY = 101, /* samples: word[0] to word[100] */
};

/* What is counted at each interval. Times are ticks of 10 ms since the guest began, of all its
 * processors, and grow; the others are as they were at that moment. */
enum policy_rule_word {
    POLICY_WORD_USER,   /* busy time; reports do not tell user from system */
    POLICY_WORD_IDLE,   /* not busy, nothing stolen */
    POLICY_WORD_IOWAIT, /* of that, what the guest calls blocked */
    POLICY_WORD_STEAL,
    POLICY_WORD_TOTAL,    /* all of them */
    POLICY_WORD_NONE,     /* what Linux counts and reports do not: always 0 */
    POLICY_WORD_TIME,     /* seconds of the caller's clock */
    POLICY_WORD_LOADAVG,  /* mean of the last minute of runnable threads */
    POLICY_WORD_RUNNABLE, /* threads */
    POLICY_WORD_ONLINE,   /* processors, by the VMM's count */
    POLICY_WORD_ALLOCATED,
    POLICY_WORD_DEMAND,      /* processors, as claimed */
    POLICY_WORD_CONFIDENCE,  /* percent */
    POLICY_WORD_ENTITLEMENT, /* processors */
    POLICY_WORD_USED,        /* processors, by the VMM's count */
    POLICY_WORD_WAITING,     /* runnable VCPUs that did not run, by the VMM's count */
    POLICY_WORD_LOAD,        /* enum policy_load */
    POLICY_WORD_PRESSURE,    /* 1 when some domain is short of processors */
    POLICY_WORDS,
};

enum policy_rule_operation {
    POLICY_RULE_CONSTANT, /* push value */
    POLICY_RULE_SAMPLE,   /* push word[back] */
    POLICY_RULE_PERCENT, /* push 100 x (word[0] - word[1]) / ticks of one processor: 0 to n x 100 */
    POLICY_RULE_NOT,
    POLICY_RULE_NEGATE,
    POLICY_RULE_ADD, /* here and below: of the two uppermost values */
    POLICY_RULE_SUBTRACT,
    POLICY_RULE_MULTIPLY,
    POLICY_RULE_DIVIDE,
    POLICY_RULE_LESS,
    POLICY_RULE_GREATER,
    POLICY_RULE_LESS_OR_EQUAL,
    POLICY_RULE_GREATER_OR_EQUAL,
    POLICY_RULE_EQUAL,
    POLICY_RULE_NOT_EQUAL,
    POLICY_RULE_AND,
    POLICY_RULE_OR,
};

struct policy_rule_instruction {
    uint32_t operation;
    uint16_t word;
    uint16_t back;
    int64_t value;
};

struct policy_rule_program {
    uint32_t length; /* 0: never true */
    uint32_t reserved;
    struct policy_rule_instruction instructions[POLICY_RULE_LENGTH];
};

struct policy_rules {
    uint64_t update;  /* nanoseconds between evaluations */
    uint32_t minimum; /* CPU_MIN */
    uint32_t maximum; /* CPU_MAX; 0: no bound of its own */
    uint32_t history; /* samples that must be there before a rule is evaluated */
    uint32_t dry_run; /* says what it would do, and lets the policy do as it does without rules */
    struct policy_rule_program plug, unplug;
};

struct policy_history {
    uint32_t count; /* samples taken, at most POLICY_RULE_HISTORY */
    uint32_t newest;
    int64_t loadavg;
    int64_t samples[POLICY_RULE_HISTORY][POLICY_WORDS];
};

/* The value of a program, in fixed point; 0 for one that is not well-formed. Adds the number of
 * instructions to *work. */
int64_t policy_rule_value(struct policy_rule_program const* program,
                          struct policy_history const* history, uint64_t* work);

#ifdef __cplusplus
}
#endif
