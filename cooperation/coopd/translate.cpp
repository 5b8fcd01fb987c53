// SPDX-License-Identifier: MIT
#include "translate.hpp"

#include <cooperation/types.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace lavandin::coopd {

namespace {

constexpr uint64_t ask_again = 100'000'000; // when one that was refused may

struct Pair {
    policy_reason from;
    coop_reason to;
};

constexpr std::array reasons{
    Pair{POLICY_NO_REASON, COOP_REASON_NONE},
    Pair{POLICY_HELD_ALREADY, COOP_REASON_NONE},
    Pair{POLICY_WITHIN_SHARE, COOP_REASON_ENTITLEMENT},
    Pair{POLICY_SURPLUS, COOP_REASON_SURPLUS},
    Pair{POLICY_CEILING, COOP_REASON_CEILING},
    Pair{POLICY_SHORTAGE, COOP_REASON_PRESSURE},
    Pair{POLICY_UNUSED, COOP_REASON_UNWANTED},
    Pair{POLICY_FIXED, COOP_REASON_POLICY},
    Pair{POLICY_SETTLING, COOP_REASON_POLICY},
    Pair{POLICY_TOO_MANY_REQUESTS, COOP_REASON_RATE},
    Pair{POLICY_BAD_REQUEST, COOP_REASON_EXPIRED},
    Pair{POLICY_WHOLE_PROCESSORS, COOP_REASON_POLICY},
    Pair{POLICY_LESS_DEMAND, COOP_REASON_UNWANTED},
    Pair{POLICY_DEADLINE, COOP_REASON_EXPIRED},
    Pair{POLICY_OPERATOR, COOP_REASON_ADMINISTRATOR},
};

// The two enumerations of loads have the same values.
static_assert(int{POLICY_LOAD_IDLE} == int{COOP_LOAD_IDLE});
static_assert(int{POLICY_LOAD_INTERACTIVE} == int{COOP_LOAD_INTERACTIVE});
static_assert(int{POLICY_LOAD_IO_BOUND} == int{COOP_LOAD_IO});
static_assert(int{POLICY_LOAD_THROUGHPUT} == int{COOP_LOAD_THROUGHPUT});
static_assert(int{POLICY_LOAD_BARRIERS} == int{COOP_LOAD_PARALLEL});
static_assert(int{POLICY_LOAD_LOCKS} == int{COOP_LOAD_LOCKS});
static_assert(int{POLICY_LOAD_SATURATED} == int{COOP_LOAD_SATURATED});

uint16_t outcome(uint32_t answer) {
    switch (answer) {
    case POLICY_GRANTED:
        return COOP_GRANTED;
    case POLICY_PARTLY:
        return COOP_PARTLY;
    case POLICY_LATER:
        return COOP_LATER;
    default:
        return COOP_REFUSED_NOW;
    }
}

} // namespace

policy_report to_policy(coop_report const& report, uint64_t now) {
    policy_report made{};
    made.time = now;
    made.load = report.load;
    made.runnable_threads = report.runnable;
    made.demand = report.demand;
    made.confidence = report.confidence / (COOP_WHOLE / 100U);
    made.processor_count = std::min<uint32_t>(report.processors, POLICY_MOST_PROCESSORS);
    for (uint32_t i = 0; i < made.processor_count; ++i) {
        coop_processor_report const& from = report.processor[i];
        made.processors[i] = {from.busy,    from.idle,  from.stolen,
                              from.blocked, from.queue, (report.online >> i & 1U) != 0};
    }
    return made;
}

policy_request to_policy(coop_message const& message) {
    coop_request const& request = message.body.request;
    policy_request made{};
    made.number = message.head.sequence;
    made.wanted = request.wanted;
    made.minimum = request.least;
    made.until = request.until;
    made.by = request.by;
    return made;
}

uint32_t to_policy_capabilities(uint32_t capabilities) {
    static_assert(uint32_t{COOP_REPORTS} == uint32_t{POLICY_REPORTS});
    static_assert(uint32_t{COOP_TAKES} == uint32_t{POLICY_TAKES});
    static_assert(uint32_t{COOP_GIVES} == uint32_t{POLICY_GIVES_BACK});
    static_assert(uint32_t{COOP_PARKS} == uint32_t{POLICY_PARKS});
    return capabilities & (POLICY_REPORTS | POLICY_TAKES | POLICY_GIVES_BACK | POLICY_PARKS);
}

coop_reason to_reason(uint32_t policy_reason) {
    auto const* const found = std::ranges::find(reasons, policy_reason, &Pair::from);
    return found == std::end(reasons) ? COOP_REASON_POLICY : found->to;
}

coop_answer to_answer(policy_action const& action, uint64_t now) {
    coop_answer answer{};
    answer.outcome = outcome(action.answer);
    answer.reason = static_cast<uint16_t>(to_reason(action.reason));
    if (answer.outcome != COOP_GRANTED && answer.reason == COOP_REASON_NONE)
        answer.reason = COOP_REASON_POLICY;
    answer.processors = static_cast<uint16_t>(action.processors);
    answer.until = action.until;
    if (answer.outcome == COOP_REFUSED_NOW)
        answer.again = now + ask_again;
    return answer;
}

coop_transfer to_transfer(uint64_t processors, unsigned count, uint64_t deadline,
                          coop_reason reason) {
    coop_transfer made{};
    made.processors = processors;
    made.count = static_cast<uint16_t>(count);
    made.deadline = deadline;
    made.reason = static_cast<uint16_t>(reason);
    return made;
}

} // namespace lavandin::coopd
