// SPDX-License-Identifier: MIT
#include <cooperation/error.h>
#include <cooperation/names.h>
#include <cooperation/reasons.h>
#include <cooperation/types.h>

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define NAME(table, value) name(table, COUNT(table), value)

static char const* name(char const* const* table, size_t count, size_t value) {
    return value < count && table[value] ? table[value] : "unknown";
}

// In the order of the enumerations; a host unit compares them with the headers.
static char const* const errors[COOP_ERRORS] = {
    "ok",      "empty",   "full",          "ring",    "magic",     "absent",      "busy",  "type",
    "service", "session", "replay",        "gap",     "regarding", "zero",        "range", "mask",
    "time",    "value",   "contradiction", "regress", "unagreed",  "outstanding", "state", "flood",
};
static char const* const guest_types[] = {0,         "hello", "report", "request",
                                          "release", "done",  "refused"};
static char const* const vmm_types[] = {"welcome", "answer", "offer", "reclaim", "status"};
static char const* const outcomes[COOP_OUTCOMES] = {0, "granted", "partly", "refused-now", "later"};
static char const* const reasons[COOP_REASONS] = {
    "none",     "pinned",  "lock",       "quota",         "last",       "busy",        "needed",
    "unwanted", "expired", "hypervisor", "administrator", "policy",     "entitlement", "ceiling",
    "pressure", "surplus", "standing",   "version",       "capability", "rate",        "closing",
};
static char const* const needs[COOP_NEEDS] = {0,        "queue",   "latency",      "parallel",
                                              "stolen", "surplus", "administrator"};
static char const* const loads[COOP_LOADS] = {"unknown",    "idle",     "interactive", "io",
                                              "throughput", "parallel", "locks",       "saturated"};
static char const* const standings[COOP_STANDINGS] = {"good", "watched", "suspended"};
static char const* const manners[] = {"any", "park", "stop"};

char const* coop_error_name(enum coop_error error) { return NAME(errors, (unsigned)error); }

char const* coop_type_name(unsigned type) {
    return type < COOP_WELCOME ? NAME(guest_types, type) : NAME(vmm_types, type - COOP_WELCOME);
}

char const* coop_outcome_name(unsigned outcome) { return NAME(outcomes, outcome); }
char const* coop_reason_name(unsigned reason) { return NAME(reasons, reason); }
char const* coop_need_name(unsigned need) { return NAME(needs, need); }
char const* coop_load_name(unsigned load) { return NAME(loads, load); }
char const* coop_standing_name(unsigned standing) { return NAME(standings, standing); }
char const* coop_manner_name(unsigned manner) { return NAME(manners, manner); }

unsigned coop_reason_of_name(char const* text) {
    unsigned reason = 0;
    while (reason < COOP_REASONS && strcmp(reasons[reason], text) != 0)
        ++reason;
    return reason;
}
