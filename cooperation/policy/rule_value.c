/* SPDX-License-Identifier: MIT
 * The stack machine of rules. */
#include "rules.h"

static const int64_t one = (int64_t)1 << POLICY_RULE_BITS;

static int64_t add(int64_t a, int64_t b) {
    if (b > 0 && a > INT64_MAX - b)
        return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b)
        return INT64_MIN;
    return a + b;
}

static int64_t negate(int64_t a) { return a == INT64_MIN ? INT64_MAX : -a; }

static uint64_t magnitude(int64_t a) { return a < 0 ? 0 - (uint64_t)a : (uint64_t)a; }

static int64_t with_sign(uint64_t value, int negative) {
    int64_t result = value > INT64_MAX ? INT64_MAX : (int64_t)value;
    return negative ? -result : result;
}

/* By halves, so that nothing wider than 64 bits is needed. */
static int64_t multiply(int64_t a, int64_t b) {
    uint64_t x = magnitude(a), y = magnitude(b);
    uint64_t whole = x >> POLICY_RULE_BITS, fraction = x & ((uint64_t)one - 1);
    uint64_t low;
    if (whole != 0 && y > INT64_MAX / whole)
        return with_sign(INT64_MAX, (a < 0) != (b < 0));
    low = (fraction * (y >> POLICY_RULE_BITS)) +
          ((fraction * (y & ((uint64_t)one - 1))) >> POLICY_RULE_BITS);
    return with_sign(whole * y + low, (a < 0) != (b < 0));
}

static int64_t divide(int64_t a, int64_t b) {
    uint64_t x = magnitude(a), y = magnitude(b), whole, rest;
    if (y == 0)
        return 0;
    whole = x / y;
    rest = x % y;
    if (whole >= (uint64_t)INT64_MAX >> POLICY_RULE_BITS)
        return with_sign(INT64_MAX, (a < 0) != (b < 0));
    while (rest > (uint64_t)INT64_MAX >> POLICY_RULE_BITS) {
        rest >>= 1;
        y >>= 1;
    }
    return with_sign((whole << POLICY_RULE_BITS) + (rest << POLICY_RULE_BITS) / y,
                     (a < 0) != (b < 0));
}

static int64_t truth(int condition) { return condition ? one : 0; }

static int64_t combine(uint32_t operation, int64_t a, int64_t b) {
    switch (operation) {
    case POLICY_RULE_ADD:
        return add(a, b);
    case POLICY_RULE_SUBTRACT:
        return add(a, negate(b));
    case POLICY_RULE_MULTIPLY:
        return multiply(a, b);
    case POLICY_RULE_DIVIDE:
        return divide(a, b);
    case POLICY_RULE_LESS:
        return truth(a < b);
    case POLICY_RULE_GREATER:
        return truth(a > b);
    case POLICY_RULE_LESS_OR_EQUAL:
        return truth(a <= b);
    case POLICY_RULE_GREATER_OR_EQUAL:
        return truth(a >= b);
    case POLICY_RULE_EQUAL:
        return truth(a == b);
    case POLICY_RULE_NOT_EQUAL:
        return truth(a != b);
    case POLICY_RULE_AND:
        return truth(a != 0 && b != 0);
    default:
        return truth(a != 0 || b != 0);
    }
}

static int64_t sample(struct policy_history const* history, uint32_t word, uint32_t back) {
    uint32_t newest = history->newest % POLICY_RULE_HISTORY;
    if (word >= POLICY_WORDS || back >= POLICY_RULE_HISTORY)
        return 0;
    return history->samples[(newest + POLICY_RULE_HISTORY - back) % POLICY_RULE_HISTORY][word];
}

/* Of one processor's time in the last interval. Word TOTAL counts all processors, so the interval
 * comes from TIME, in seconds: 100 ticks each. */
static int64_t percent(struct policy_history const* history, uint32_t word) {
    int64_t ticks = add(sample(history, word, 0), negate(sample(history, word, 1)));
    int64_t seconds =
        add(sample(history, POLICY_WORD_TIME, 0), negate(sample(history, POLICY_WORD_TIME, 1)));
    return divide(ticks, seconds);
}

static int64_t pushed(struct policy_rule_instruction const* instruction,
                      struct policy_history const* history) {
    if (instruction->operation == POLICY_RULE_CONSTANT)
        return instruction->value;
    if (instruction->operation == POLICY_RULE_SAMPLE)
        return sample(history, instruction->word, instruction->back);
    return percent(history, instruction->word);
}

int64_t policy_rule_value(struct policy_rule_program const* program,
                          struct policy_history const* history, uint64_t* work) {
    int64_t stack[POLICY_RULE_DEPTH];
    uint32_t depth = 0, length = program->length;
    if (length > POLICY_RULE_LENGTH)
        return 0;
    *work += length;
    for (uint32_t i = 0; i < length; ++i) {
        struct policy_rule_instruction const* instruction = &program->instructions[i];
        uint32_t operation = instruction->operation;
        uint32_t takes = operation <= POLICY_RULE_PERCENT  ? 0
                         : operation <= POLICY_RULE_NEGATE ? 1
                                                           : 2;
        if (operation > POLICY_RULE_OR || depth < takes ||
            (takes == 0 && depth == POLICY_RULE_DEPTH))
            return 0;
        if (takes == 0)
            stack[depth++] = pushed(instruction, history);
        else if (operation == POLICY_RULE_NOT)
            stack[depth - 1] = truth(stack[depth - 1] == 0);
        else if (operation == POLICY_RULE_NEGATE)
            stack[depth - 1] = negate(stack[depth - 1]);
        else {
            stack[depth - 2] = combine(operation, stack[depth - 2], stack[depth - 1]);
            --depth;
        }
    }
    return depth == 1 ? stack[0] : 0;
}
