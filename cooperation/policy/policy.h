/* SPDX-License-Identifier: MIT
 *
 * Who gets which processors: state in, actions out.
 *
 * The caller keeps one policy_state for a host (or for a pool of processors that is scheduled by
 * itself), fills in what it measured and what guests said, and calls policy_step now and then, at a
 * steady interval. The policy answers with a list of actions, which the caller carries out. A
 * request need not wait for the next step: policy_answer judges it by the division of the last one.
 * Nothing is allocated, no clock is read, no floating point is used, nothing waits; the time of a
 * step is bounded by the number of domains, that of an answer is constant. Equal states give equal
 * actions.
 *
 * Units: time in nanoseconds of the caller's clock, which does not run backwards; processor
 * capacity in thousandths of a processor (POLICY_WHOLE is one), called "parts" here.
 *
 * Who fills what in a policy_domain:
 *     config    the caller, from what the operator said and what was negotiated
 *     report    the caller, from the guest's last report: claims
 *     measured  the caller, from what the VMM counted itself: facts
 *     inbox     the caller adds, the policy empties: each message is looked at once
 *     memory    the policy's own. Zero for a domain that is new; otherwise left alone
 *
 * Every domain that the hypervisor's scheduler weighs must be in the state, dom0 included: the
 * weights that the policy gives are relative to each other.
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    POLICY_WHOLE = 1000,         /* parts of one processor */
    POLICY_MOST_DOMAINS = 1024,  /* in a state */
    POLICY_MOST_PROCESSORS = 64, /* VCPUs of a domain */
    POLICY_MOST_HOST = 4096,     /* processors of a host */
    POLICY_MOST_REQUESTS = 4,    /* in an inbox */
    POLICY_LEAST_WEIGHT = 1,     /* of Xen's credit2 (sched-if.h, DOMCTL_SCHEDOP_putinfo) */
    POLICY_MOST_WEIGHT = 65535,
    POLICY_CANNOT_SET = 0x7FFFFFFF, /* of a rate limit */
    POLICY_ACTIONS_PER_DOMAIN = POLICY_MOST_REQUESTS + 6,
};

enum policy_kind {
    POLICY_STATIC,          /* each domain has its entitlement in VCPUs, whatever it needs */
    POLICY_PROPORTIONAL,    /* by demand; what one does not need, others may use */
    POLICY_CHARACTERISTICS, /* the same, and as the guest's kind of load likes it best */
};

/* What a guest said of its load. Unknown numbers count as unknown. */
enum policy_load {
    POLICY_LOAD_UNKNOWN,
    POLICY_LOAD_IDLE,
    POLICY_LOAD_INTERACTIVE,
    POLICY_LOAD_IO_BOUND,
    POLICY_LOAD_THROUGHPUT,
    POLICY_LOAD_BARRIERS,
    POLICY_LOAD_LOCKS,
    POLICY_LOAD_SATURATED,
};

/* Each by itself: who reports has not said that it gives anything back. */
enum policy_capability {
    POLICY_REPORTS = 1,
    POLICY_TAKES = 2,      /* takes processors that are offered */
    POLICY_GIVES_BACK = 4, /* honours reclaims */
    POLICY_PARKS = 8,      /* gives back by leaving a VCPU blocked; quick, but it stays up */
    POLICY_SERVES = 16,    /* all others: their devices, and who calls this policy, run in it */
};

struct policy_rules;
struct policy_history;

struct policy_config {
    uint32_t id;                      /* the domain's number, copied into actions */
    uint32_t weight;                  /* the operator's, 1 to 65535 */
    uint32_t cap_percent;             /* the operator's, of one processor; 0 is none */
    uint32_t minimum;                 /* VCPUs that are never asked back, at least 1 */
    uint32_t ceiling;                 /* VCPUs that exist, at most POLICY_MOST_PROCESSORS */
    uint32_t capabilities;            /* enum policy_capability, as negotiated; SERVES: as it is */
    struct policy_rules const* rules; /* written by hand (rules.h), or null */
    struct policy_history* history;   /* for rules, the caller's memory; zero at first */
};

struct policy_processor {
    uint64_t busy, idle, stolen, blocked; /* nanoseconds since the guest began */
    uint32_t run_queue;
    uint32_t in_use;
};

struct policy_report {
    uint64_t time;             /* when it came in, by the caller's clock; 0 is never */
    uint32_t load;             /* enum policy_load */
    uint32_t runnable_threads; /* running ones included */
    uint32_t demand;           /* parts that it could use now */
    uint32_t confidence;       /* of that, 0 to 100 */
    uint32_t processor_count;
    uint32_t reserved;
    struct policy_processor processors[POLICY_MOST_PROCESSORS];
};

struct policy_measured {
    uint64_t processor_time; /* of all VCPUs, since the domain began */
    uint32_t runnable;       /* VCPUs that ran or could have run, in parts: the mean since the last
                                step where the VMM keeps one, else what was seen at a moment that
                                the guest cannot foresee */
    uint32_t online;         /* VCPUs that are up */
    uint32_t active;         /* of these, not blocked all the time since the last step */
    uint32_t weight;         /* of each VCPU, in force now */
    uint32_t cap_percent;    /* in force now; 0 is none */
    uint32_t reserved;
};

struct policy_request {
    uint32_t number;  /* the guest's; copied into the answer */
    uint32_t wanted;  /* processors in all */
    uint32_t minimum; /* fewer than this are of no use */
    uint32_t reserved;
    uint64_t until; /* no longer wanted after this; 0 is open */
    uint64_t by;    /* of no use when it comes later than this; 0 is open */
};

enum policy_outcome { POLICY_OPEN, POLICY_DONE, POLICY_REFUSED };

/* What a guest said of an offer or a reclaim. */
struct policy_reply {
    uint32_t number; /* of the action */
    uint32_t outcome;
};

struct policy_inbox {
    uint32_t request_count;
    uint32_t released; /* processors given up of the guest's own accord */
    struct policy_request requests[POLICY_MOST_REQUESTS];
    struct policy_reply offer, reclaim; /* outcome POLICY_OPEN: nothing came */
};

/* An offer or a reclaim that waits for its reply; number 0 is none. */
struct policy_pending {
    uint32_t number;
    uint32_t processors; /* how many the domain has in the end */
    uint32_t outcome;    /* enum policy_outcome, as it said */
    uint32_t reserved;
    uint64_t deadline;
};

/* The first three may be shown to people. */
struct policy_memory {
    uint32_t allocated;    /* processors that the domain may use */
    uint32_t entitlement;  /* parts: capacity x weight / sum of weights */
    uint32_t enforcements; /* how often a deadline passed */
    uint32_t known;
    uint32_t demand;       /* parts, smoothed, as believed */
    uint32_t fresh_demand; /* parts, now */
    uint32_t share;        /* parts that it is to get of what all want */
    uint32_t target;       /* processors for that share */
    uint32_t runnable;     /* parts, smoothed */
    uint32_t use;          /* parts since the last step */
    uint32_t mean_use;     /* the same, smoothed as `runnable` is */
    uint32_t shrink_to;    /* the highest target since it was to be asked for processors */
    uint32_t enforced;     /* the cap at entitlement is on */
    uint32_t hold_shift;   /* how much longer a change must be wanted, after turning back */
    uint32_t wish;         /* processors of a request that could not be had at once */
    uint32_t wish_minimum;
    uint32_t requests_seen;  /* in this second */
    uint32_t offers_refused; /* in a row */
    uint32_t served;         /* a request has raised `allocated` since changes were looked at */
    uint32_t last_direction; /* of the last change: 1 up, 2 down */
    uint32_t scratch;
    uint32_t rule_target;
    int64_t balance; /* parts x microseconds that it is behind (above 0) or ahead of its share */
    uint64_t raw_weight;
    uint64_t processor_time;           /* at the last step */
    uint64_t grow_since, shrink_since; /* 0: not wanted */
    uint64_t changed_at;
    uint64_t wish_until;
    uint64_t second_began;
    uint64_t next_offer;
    uint64_t rules_at;
    struct policy_pending offer, reclaim;
};

struct policy_domain {
    struct policy_config config;
    struct policy_report report;
    struct policy_measured measured;
    struct policy_inbox inbox;
    struct policy_memory memory;
};

/* Times in nanoseconds. policy_defaults says what is usual. */
struct policy_tuning {
    uint64_t rise;          /* time constant of demand that grows */
    uint64_t fall;          /* and that shrinks */
    uint64_t count;         /* time constant of the number of runnable VCPUs */
    uint64_t grow_after;    /* more must be wanted for this long */
    uint64_t shrink_after;  /* and less for this long */
    uint64_t give_back;     /* deadline of a reclaim */
    uint64_t park;          /* the same for a guest that parks */
    uint64_t offer;         /* an offer is open for this long */
    uint64_t offer_again;   /* pause after a refused offer; doubles */
    uint64_t stale;         /* a report that is older counts as none */
    uint64_t settle;        /* time in which a debt or credit of processor time is levelled */
    uint32_t rate_limit;    /* microseconds that a VCPU runs before another that woke takes over */
    uint32_t quick;         /* the same while an interactive domain wants quick answers; 0: none */
    uint32_t band;          /* parts around a whole number in which nothing changes */
    uint32_t request_limit; /* requests per second that are considered */
};

struct policy_state {
    uint64_t now;
    uint32_t kind;       /* enum policy_kind */
    uint32_t processors; /* of the host, or of the pool */
    uint32_t domain_count;
    uint32_t rate_limit; /* in force, microseconds (sched_ratelimit_us); or POLICY_CANNOT_SET */
    struct policy_domain* domains;
    struct policy_tuning tuning;
    /* The policy's own; zero at first. */
    uint64_t last;        /* time of the last step */
    uint64_t weight_sum;  /* of all domains */
    uint64_t quick_until; /* interactive domains have been there */
    uint64_t work;        /* loop bodies run in the last step: what bounds its time */
    uint32_t last_number; /* given to an offer or a reclaim */
    uint32_t pressure;    /* somebody is short of processors */
    uint32_t spare;       /* parts that nobody was given, now */
    uint32_t fresh_spare; /* the same by demand that is not smoothed */
};

enum policy_action_kind {
    POLICY_ANSWER = 1, /* number: the request's; answer, processors, until, reason */
    POLICY_OFFER,      /* number, processors the domain may have in all, until */
    POLICY_RECLAIM,    /* number, processors it is to have in the end, until: the deadline */
    POLICY_WITHDRAW,   /* number: that offer or reclaim no longer matters */
    POLICY_ENFORCE, /* number: the reclaim whose deadline passed; for the ledger, the cap follows */
    POLICY_SET_WEIGHT,     /* value: of each VCPU */
    POLICY_SET_CAP,        /* value: percent of one processor, 0 is none */
    POLICY_SET_RATE_LIMIT, /* value: microseconds, of the whole host; the domain is one that asks */
    POLICY_WOULD,          /* what a rule in dry run would do: processors in all, reason */
};

enum policy_answer { POLICY_GRANTED = 1, POLICY_PARTLY, POLICY_NOT, POLICY_LATER };

enum policy_reason {
    POLICY_NO_REASON,
    POLICY_HELD_ALREADY, /* it may use as many already */
    POLICY_WITHIN_SHARE, /* no more than its entitlement */
    POLICY_SURPLUS,      /* others do not need them now */
    POLICY_CEILING,      /* more than it may have */
    POLICY_SHORTAGE,     /* others need them */
    POLICY_UNUSED,       /* processors that it has are idle by the VMM's count */
    POLICY_FIXED,        /* the policy does not change the number */
    POLICY_SETTLING,     /* changed a moment ago; an offer follows if it is still wanted */
    POLICY_TOO_MANY_REQUESTS,
    POLICY_BAD_REQUEST,      /* none, or more than can exist, or its time is over */
    POLICY_WHOLE_PROCESSORS, /* this kind of load is better off with fewer, whole ones */
    POLICY_LESS_DEMAND,      /* fewer are needed by the domain itself */
    POLICY_DEADLINE,         /* a reclaim was not honoured in time */
    POLICY_OBEYED,           /* it has given back what it was to give back */
    POLICY_OPERATOR,         /* the operator's cap, or rule */
    POLICY_QUICK_ANSWERS,    /* an interactive domain is there; or is no longer */
    POLICY_KEEP_SHARE,       /* the number of runnable VCPUs changed, the share shall not */
};

struct policy_action {
    uint32_t kind;   /* enum policy_action_kind */
    uint32_t index;  /* of the domain in the state */
    uint32_t domain; /* its id */
    uint32_t number;
    uint32_t answer; /* enum policy_answer */
    uint32_t reason; /* enum policy_reason */
    uint32_t processors;
    uint32_t value;
    uint64_t until;
};

enum policy_status {
    POLICY_OK,
    POLICY_NO_ROOM,    /* the list is shorter than domains x POLICY_ACTIONS_PER_DOMAIN */
    POLICY_BAD_HOST,   /* no processors, or too many; too many domains; unknown policy; tuning */
    POLICY_BAD_DOMAIN, /* a configuration that is not in the ranges above */
    POLICY_CLOCK_BACK, /* `now` is earlier than at the last step */
    POLICY_NEW_DOMAIN, /* no step has seen it: it cannot be answered */
};

void policy_defaults(struct policy_tuning* tuning);

/* Looks at everything once. On POLICY_OK *count actions are in `actions`; otherwise nothing has
 * changed. What came from guests is never a reason to fail: it is put into its range. */
enum policy_status policy_step(struct policy_state* state, struct policy_action* actions,
                               uint32_t capacity, uint32_t* count);

/* Between two steps: takes what is in the inbox of domains[index], and answers its requests from
 * what the last step left over, less what was granted since. Of `measured` only the counts of VCPUs
 * are looked at, so a guest that chooses the moment of its requests does not choose how it is
 * measured. No other domain is looked at, `domains` may hold this one alone; what follows for the
 * others, for weights and for caps is left to the next step. The list has room for
 * POLICY_ACTIONS_PER_DOMAIN actions. */
enum policy_status policy_answer(struct policy_state* state, uint32_t index,
                                 struct policy_action* actions, uint32_t capacity, uint32_t* count);

#ifdef __cplusplus
}
#endif
