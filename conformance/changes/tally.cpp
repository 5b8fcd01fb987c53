// SPDX-License-Identifier: MIT
#include "tally.hpp"

#include <iterator>
#include <stdio.h>

namespace changes {

namespace {

constexpr char const* states[] = {"absent",   "offered", "starting", "online",
                                  "draining", "parked",  "stopped"};
constexpr char const* actions[] = {"offer", "withdraw", "start", "park", "unpark", "stop"};

char const* name_of(Error error) {
    switch (error) {
    case Error::none:
        return "done";
    case Error::invalid_capability:
        return "invalid_capability";
    case Error::timed_out:
        return "timed_out";
    case Error::busy:
        return "busy";
    case Error::not_supported:
        return "not_supported";
    case Error::no_processor:
        return "no_processor";
    case Error::wrong_state:
        return "wrong_state";
    case Error::pinned:
        return "pinned";
    case Error::refused:
        return "refused";
    case Error::cancelled:
        return "cancelled";
    default:
        return "another error";
    }
}

struct Expected {
    Processor_state from;
    Processor_action action;
    Error answer;
};

// The edges of abi/processor.hpp; those from `draining` to `online` and `parked` are
// what drains come to that are taken back or fail. The first start can happen once only.
constexpr Expected legal[] = {
    {Processor_state::absent, Processor_action::offer, Error::none},
    {Processor_state::offered, Processor_action::withdraw, Error::none},
    {Processor_state::stopped, Processor_action::withdraw, Error::none},
    {Processor_state::offered, Processor_action::start, Error::none},
    {Processor_state::stopped, Processor_action::start, Error::none},
    {Processor_state::online, Processor_action::park, Error::none},
    {Processor_state::online, Processor_action::stop, Error::none},
    {Processor_state::parked, Processor_action::unpark, Error::none},
    {Processor_state::parked, Processor_action::stop, Error::none},
};

constexpr Error refusals[] = {Error::wrong_state,   Error::busy,      Error::no_processor,
                              Error::pinned,        Error::refused,   Error::cancelled,
                              Error::not_supported, Error::timed_out, Error::invalid_capability};

} // namespace

uint32_t Tally::count(Error answer) const {
    uint32_t sum = 0;
    for (size_t from = 0; from < std::size(states); ++from)
        for (size_t action = 0; action < std::size(actions); ++action)
            sum += count(static_cast<Processor_state>(from), static_cast<Processor_action>(action),
                         answer);
    return sum;
}

// Parks and stops that ended before they had happened, and not by an unpark.
uint32_t Tally::given_up(Processor_state from) const {
    uint32_t sum = 0;
    for (auto const action : {Processor_action::park, Processor_action::stop})
        for (Error const answer : {Error::timed_out, Error::invalid_capability})
            sum += count(from, action, answer);
    return sum;
}

void Tally::print() const {
    for (size_t from = 0; from < std::size(states); ++from)
        for (size_t action = 0; action < std::size(actions); ++action)
            for (size_t answer = 0; answer < answers; ++answer)
                if (uint32_t const times = _counts[from][action][answer])
                    printf("# %-8s %-8s %-18s %u\n", states[from], actions[action],
                           name_of(static_cast<Error>(answer)), times);
}

namespace {

bool enough(char const* what, uint32_t seen, uint32_t times, bool quiet) {
    if (seen < times && !quiet)
        printf("# missing: %s: %u times only\n", what, seen);
    return seen >= times;
}

} // namespace

bool Tally::complete(uint32_t times, bool quiet) const {
    uint32_t const taken_back = count(Error::cancelled);
    uint32_t const gone_back = taken_back + given_up(Processor_state::online);
    bool good = enough("draining to online", gone_back, times, quiet);
    good = enough("drains taken back", taken_back, times, quiet) && good;
    good = enough("draining to parked", given_up(Processor_state::parked), times, quiet) && good;
    for (Expected const& each : legal) {
        uint32_t const seen = count(each.from, each.action, each.answer);
        if (seen >= times)
            continue;
        good = false;
        if (!quiet)
            printf("# missing: %s %s %s: %u times only\n", states[static_cast<size_t>(each.from)],
                   actions[static_cast<size_t>(each.action)], name_of(each.answer), seen);
    }
    for (Error const refusal : refusals) {
        if (count(refusal) != 0)
            continue;
        good = false;
        if (!quiet)
            printf("# missing: %s\n", name_of(refusal));
    }
    return good;
}

} // namespace changes
