// SPDX-License-Identifier: MIT
#include "words.hpp"

#include <fmt/format.h>

#include <array>

namespace lavandin::simulator {

namespace {

constexpr std::array<std::string_view, 5> answers{"?", "granted", "partly", "refused", "later"};
constexpr std::array<std::string_view, 18> reasons{
    "no reason",
    "allowed already",
    "within its entitlement",
    "others do not need them",
    "its ceiling",
    "others need them",
    "it has idle ones",
    "the policy does not change the number",
    "demand is settling",
    "too many requests",
    "senseless",
    "fewer, whole ones are better for its load",
    "it needs fewer",
    "the deadline passed",
    "it obeyed",
    "the operator's word",
    "for quick answers",
    "to keep its share",
};

std::string what(policy_action const& action) {
    switch (action.kind) {
    case POLICY_ANSWER:
        return fmt::format("request {} {}, {} processors", action.number,
                           answer_word(action.answer), action.processors);
    case POLICY_OFFER:
        return fmt::format("offer {}: {} processors", action.number, action.processors);
    case POLICY_RECLAIM:
        return fmt::format("reclaim {}: down to {} processors", action.number, action.processors);
    case POLICY_WITHDRAW:
        return fmt::format("{} withdrawn", action.number);
    case POLICY_ENFORCE:
        return fmt::format("reclaim {} enforced", action.number);
    case POLICY_SET_WEIGHT:
        return fmt::format("weight {}", action.value);
    case POLICY_SET_CAP:
        return fmt::format("cap {} %", action.value);
    case POLICY_SET_RATE_LIMIT:
        return fmt::format("rate limit {} us", action.value);
    case POLICY_WOULD:
        return fmt::format("a rule would make it {} processors", action.processors);
    default:
        return "?";
    }
}

} // namespace

std::string_view answer_word(uint32_t answer) {
    return answer < answers.size() ? answers[answer] : answers[0];
}

std::string_view reason_words(uint32_t reason) {
    return reason < reasons.size() ? reasons[reason] : reasons[0];
}

std::string sentence(policy_action const& action, Time now, std::string_view guest) {
    return fmt::format("{:.3f} {}: {} ({})", static_cast<double>(now) / 1e9, guest, what(action),
                       reason_words(action.reason));
}

} // namespace lavandin::simulator
