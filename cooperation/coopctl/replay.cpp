// SPDX-License-Identifier: MIT
#include "replay.hpp"

#include "step_record.hpp"

#include <cooperation/policy/rules.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

namespace lavandin::coopctl {

namespace {

// What a policy keeps between two steps.
struct Kept {
    policy_memory memory{};
    policy_rules rules{};
    policy_history history{};
};

std::string sentence(policy_action const& action) {
    static constexpr char const* kinds[]{"?",       "answer", "offer", "reclaim",    "withdraw",
                                         "enforce", "weight", "cap",   "rate limit", "would"};
    char const* const kind = action.kind < std::size(kinds) ? kinds[action.kind] : "?";
    return fmt::format("{} domain {}: number {}, {} processors, value {}, reason {}", kind,
                       action.domain, action.number, action.processors, action.value,
                       action.reason);
}

std::string text(std::vector<policy_action> const& actions) {
    std::string made;
    for (policy_action const& action : actions)
        made += (made.empty() ? "" : "; ") + sentence(action);
    return made.empty() ? "nothing" : made;
}

void forget_rules(policy_memory& memory) {
    memory.rule_target = 0;
    memory.rules_at = 0;
}

class Player {
public:
    explicit Player(std::optional<policy_kind> kind) : _kind{kind} {}

    // The actions as they are decided now.
    std::vector<policy_action> play(coopd::Step& step) {
        policy_state& state = step.state;
        _state.now = state.now;
        _state.kind = _kind ? uint32_t{*_kind} : state.kind;
        _state.processors = state.processors;
        _state.rate_limit = state.rate_limit;
        _state.tuning = state.tuning;
        for (size_t i = 0; i < step.domains.size(); ++i)
            prepare(step.domains[i], step.pinned[i]);
        _state.domains = step.domains.data();
        _state.domain_count = static_cast<uint32_t>(step.domains.size());
        std::vector<policy_action> actions(step.domains.size() * POLICY_ACTIONS_PER_DOMAIN);
        uint32_t count = 0;
        auto const room = static_cast<uint32_t>(actions.size());
        policy_status const status = step.answer
                                         ? policy_answer(&_state, 0, actions.data(), room, &count)
                                         : policy_step(&_state, actions.data(), room, &count);
        if (status != POLICY_OK)
            throw coopd::Record_error{
                fmt::format("the policy refuses it: status {}", static_cast<int>(status))};
        actions.resize(count);
        for (policy_domain const& domain : step.domains)
            kept(domain.config.id).memory = domain.memory;
        return actions;
    }

private:
    void prepare(policy_domain& domain, uint32_t pinned) {
        if (domain.memory.known == 0)
            _kept.erase(domain.config.id);
        Kept& kept = this->kept(domain.config.id);
        domain.memory = kept.memory;
        if (kept.rules.minimum != pinned)
            forget_rules(domain.memory); // as Decisions::pin does
        kept.rules.minimum = kept.rules.maximum = pinned;
        domain.config.rules = pinned != 0 ? &kept.rules : nullptr;
        domain.config.history = &kept.history;
    }

    Kept& kept(uint32_t id) {
        std::unique_ptr<Kept>& place = _kept[id];
        if (!place)
            place = std::make_unique<Kept>();
        return *place;
    }

    std::optional<policy_kind> _kind;
    policy_state _state{};
    std::map<uint32_t, std::unique_ptr<Kept>> _kept;
};

bool same(policy_action const& one, policy_action const& other) {
    return one.kind == other.kind && one.domain == other.domain && one.number == other.number &&
           one.answer == other.answer && one.reason == other.reason &&
           one.processors == other.processors && one.value == other.value &&
           one.until == other.until;
}

} // namespace

Replay replay(std::istream& file, std::optional<policy_kind> kind, size_t most_differences) {
    Replay result;
    Player player{kind};
    std::string line;
    while (std::getline(file, line)) {
        ++result.steps;
        try {
            coopd::Step step = coopd::read_step(line);
            std::vector<policy_action> const now = player.play(step);
            result.actions += now.size();
            if (std::ranges::equal(now, step.actions, same))
                continue;
            if (result.different++ < most_differences)
                result.differences.push_back(
                    {result.steps, step.state.now, text(step.actions), text(now)});
        } catch (coopd::Record_error const& error) {
            throw coopd::Record_error{fmt::format("line {}: {}", result.steps, error.what())};
        }
    }
    return result;
}

} // namespace lavandin::coopctl
