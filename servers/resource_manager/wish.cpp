// SPDX-License-Identifier: MIT
#include "wish.hpp"

#include <algorithm>
#include <stdio.h>
#include <string.h>

namespace lavandin::resource_manager {

using abi::Error;

namespace {

template <typename... Arguments>
std::string_view print(std::span<char> to, char const* format, Arguments... arguments) {
    int const length = snprintf(to.data(), to.size(), format, arguments...);
    return {to.data(), std::min(static_cast<size_t>(length), to.size() - 1)};
}

Wish::Next towards_online(Processor_state state) {
    using Step = Wish::Step;
    switch (state) {
    case Processor_state::absent:
        return {Step::act, Processor_action::offer};
    case Processor_state::offered:
    case Processor_state::stopped:
        return {Step::act, Processor_action::start};
    case Processor_state::draining:
    case Processor_state::parked:
        return {Step::act, Processor_action::unpark};
    case Processor_state::starting:
        return {Step::wait, {}};
    case Processor_state::online:
        break;
    }
    return {Step::done, {}};
}

// One that is stopped is withdrawn, so that nobody here starts it: it is not ours any more.
Wish::Next towards_offline(Processor_state state) {
    using Step = Wish::Step;
    switch (state) {
    case Processor_state::online:
    case Processor_state::parked:
        return {Step::act, Processor_action::stop};
    case Processor_state::offered:
    case Processor_state::stopped:
        return {Step::act, Processor_action::withdraw};
    case Processor_state::starting:
    case Processor_state::draining:
        return {Step::wait, {}};
    case Processor_state::absent:
        break;
    }
    return {Step::done, {}};
}

} // namespace

Availability availability_named(std::string_view word) {
    if (word == "online")
        return Availability::online;
    return word == "offline" ? Availability::offline : Availability::unknown;
}

std::string_view name_of(Processor_state state) {
    static constexpr std::string_view names[abi::processor_states] = {
        "absent", "offered", "starting", "online", "draining", "parked", "stopped"};
    auto const index = static_cast<uint64_t>(state);
    return index < abi::processor_states ? names[index] : "unknown";
}

std::string_view name_of(Processor_action action) {
    static constexpr std::string_view names[abi::processor_actions] = {"offer", "withdraw", "start",
                                                                       "park",  "unpark",   "stop"};
    auto const index = static_cast<uint64_t>(action);
    return index < abi::processor_actions ? names[index] : "unknown";
}

void Wish::check() {
    bool const right = asked <= Availability::offline && open <= 1 &&
                       static_cast<uint64_t>(refused_action) < abi::processor_actions &&
                       refusal.error < static_cast<uint64_t>(Error::end);
    if (!right)
        *this = {};
    char& last = refusal.obstacle.name[sizeof(refusal.obstacle.name) - 1];
    last = '\0';
}

bool Wish::ask(Availability wanted) {
    if (wanted == Availability::unknown || wanted == asked)
        return false;
    asked = wanted;
    open = 1;
    refusal = {};
    return true;
}

Wish::Next Wish::next(Processor_state state) const {
    if (open == 0 || asked == Availability::unknown)
        return {Step::done, {}};
    return asked == Availability::online ? towards_online(state) : towards_offline(state);
}

// What was taken back, or could not be meant, is not refused.
void Wish::ended(Processor_action action, Outcome const& outcome) {
    auto const error = static_cast<Error>(outcome.error);
    if (error == Error::cancelled || error == Error::wrong_state || error == Error::busy)
        return;
    refused_action = action;
    refusal = outcome;
}

std::string_view reason_of(Outcome const& outcome, std::span<char> to) {
    auto const& obstacle = outcome.obstacle;
    switch (static_cast<Error>(outcome.error)) {
    case Error::pinned:
        return print(to, "pinned by thread %llu of process %llu (%.*s)",
                     static_cast<unsigned long long>(obstacle.thread),
                     static_cast<unsigned long long>(obstacle.process),
                     static_cast<int>(strnlen(obstacle.name, sizeof(obstacle.name))),
                     obstacle.name);
    case Error::no_processor:
        return print(to, "%s", "it is the last one");
    case Error::not_supported:
        return print(to, "%s", "the first one is never stopped");
    case Error::refused:
        return print(to, "%s", "the machine refuses to start it");
    case Error::wrong_state:
        return print(to, "%s", "not in the state it is in");
    case Error::busy:
        return print(to, "%s", "another change is under way");
    case Error::cancelled:
        return print(to, "%s", "taken back");
    case Error::timed_out:
        return print(to, "%s", "not in time");
    default:
        return print(to, "error %llu", static_cast<unsigned long long>(outcome.error));
    }
}

std::string_view answer_of(Wish const& wish, std::span<char> to) {
    static constexpr char const* asked[] = {"nothing", "online", "offline"};
    char const* const name = asked[static_cast<uint64_t>(wish.asked)];
    if (wish.open == 0)
        return print(to, "%s done", name);
    if (wish.refusal.error == 0)
        return print(to, "%s waiting", name);
    char reason[96];
    auto const words = reason_of(wish.refusal, reason);
    return print(to, "%s refused %.*s", name, static_cast<int>(words.size()), words.data());
}

} // namespace lavandin::resource_manager
