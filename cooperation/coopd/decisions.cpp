// SPDX-License-Identifier: MIT
#include "decisions.hpp"

#include "log.hpp"

#include <cooperation/store.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace lavandin::coopd {

namespace {

// Of domain 0, because it is the host's: what a coopd before this one found.
constexpr char const* rate_limit_key = COOP_STORE_VMM "/rate-limit";

} // namespace

Decisions::Decisions(Xen_side& xen, Settings const& settings, Ledger& ledger,
                     Conversation& conversation, Recorder& recorder)
    : _xen{xen}, _settings{settings}, _ledger{ledger}, _conversation{conversation}, _recorder{
                                                                                        recorder} {
    _state.kind = settings.policy;
    _state.tuning = settings.tuning;
    read_rate_limit();
}

void Decisions::read_rate_limit() {
    std::optional<uint32_t> const found = _xen.rate_limit();
    _state.rate_limit = found.value_or(POLICY_CANNOT_SET);
    if (!found)
        return;
    _operators_rate_limit = found;
    if (auto const kept = _xen.read(0, rate_limit_key))
        std::from_chars(kept->data(), kept->data() + kept->size(), *_operators_rate_limit);
    else if (!_settings.dry_run)
        _xen.write(0, rate_limit_key, std::to_string(*_operators_rate_limit));
    _state.tuning.rate_limit = *_operators_rate_limit;
}

void Decisions::pin(Domain& domain, std::optional<uint32_t> processors) {
    domain.pinned = processors;
    domain.policy.memory.rule_target = 0;
    domain.policy.memory.rules_at = 0;
    domain.rules.reset(); // configure() finds the right ones
    domain.newly_pinned = true;
}

void Decisions::configure(Domain& domain) {
    Domain_settings const& own = _settings.of(domain.name);
    policy_config& config = domain.policy.config;
    auto const vcpus = static_cast<uint32_t>(std::popcount(
        domain.available & mask_below(std::min<size_t>(domain.facts.vcpus.size(), 64))));
    config.id = domain.facts.number;
    config.weight = std::clamp<uint32_t>(domain.operators.weight, 1, POLICY_MOST_WEIGHT);
    config.cap_percent = domain.operators.cap;
    config.ceiling = std::clamp<uint32_t>(own.ceiling.value_or(vcpus), 1, std::max(vcpus, 1U));
    config.minimum = std::min(own.minimum, config.ceiling);
    if (domain.facts.number == 0)
        config.capabilities |= POLICY_SERVES;
    if (domain.joined())
        config.minimum = std::clamp<uint32_t>(domain.link->engine().hello.processors_least,
                                              config.minimum, config.ceiling);
    if (!domain.rules && domain.pinned) {
        auto rules = std::make_shared<policy_rules>();
        rules->minimum = rules->maximum = *domain.pinned;
        domain.rules = std::move(rules);
    } else if (!domain.rules) {
        domain.rules = own.rules;
    }
    if (domain.rules && !domain.history)
        domain.history = std::make_unique<policy_history>();
    config.rules = domain.rules.get();
    config.history = domain.history.get();
}

void Decisions::step(Time now, Time pace) {
    _domains.clear();
    _of.clear();
    for (auto const& domain : _ledger.domains()) {
        if (!domain->runs() || _of.size() == POLICY_MOST_DOMAINS)
            continue;
        configure(*domain);
        domain->newly_pinned = false;
        _domains.push_back(domain->policy);
        _of.push_back(domain.get());
    }
    Time const more = 2 * Conversation::margin_paces * (pace - std::min(pace, _settings.interval));
    _state.tuning.park = _settings.tuning.park + more;
    _state.tuning.give_back = _settings.tuning.give_back + more;
    _conversation.pace(pace);
    _state.now = std::max(now, _state.last);
    _state.processors = _ledger.processors();
    _state.domains = _domains.data();
    _state.domain_count = static_cast<uint32_t>(_domains.size());
    _actions.resize(_domains.size() * POLICY_ACTIONS_PER_DOMAIN);
    _recorder.before(_state);
    uint32_t count = 0;
    policy_status const status =
        policy_step(&_state, _actions.data(), static_cast<uint32_t>(_actions.size()), &count);
    if (status != POLICY_OK) {
        log(Level::error, "the policy refuses its input: status {}", static_cast<int>(status));
        return;
    }
    for (size_t i = 0; i < _of.size(); ++i) {
        _of[i]->policy.memory = _domains[i].memory;
        _of[i]->policy.inbox = _domains[i].inbox;
    }
    _actions.resize(count);
    _recorder.after(_actions, false);
    for (policy_action const& action : _actions)
        carry_out(*_of[action.index], action, now);
    see_to_links(now);
}

void Decisions::answer(Domain& domain, Time now) {
    if (domain.newly_pinned)
        return;
    configure(domain);
    _state.now = std::max({now, _state.now, _state.last});
    _state.domains = &domain.policy;
    _state.domain_count = 1;
    _actions.resize(POLICY_ACTIONS_PER_DOMAIN);
    _recorder.before(_state);
    uint32_t count = 0;
    policy_status const status =
        policy_answer(&_state, 0, _actions.data(), static_cast<uint32_t>(_actions.size()), &count);
    if (status != POLICY_OK)
        return;
    _actions.resize(count);
    _recorder.after(_actions, true);
    for (policy_action const& action : _actions)
        carry_out(domain, action, now);
}

void Decisions::carry_out(Domain& domain, policy_action const& action, Time now) {
    switch (action.kind) {
    case POLICY_SET_WEIGHT:
        return _ledger.set_weight(domain, {action.value, domain.applied.cap});
    case POLICY_SET_CAP:
        return _ledger.set_weight(domain, {domain.applied.weight, action.value});
    case POLICY_SET_RATE_LIMIT:
        if (!_settings.dry_run && _xen.set_rate_limit(action.value))
            _state.rate_limit = action.value;
        return;
    case POLICY_ENFORCE:
        log(Level::info, "domain {}: held to its entitlement, a reclaim was not followed",
            action.domain);
        return;
    case POLICY_WOULD:
        log(Level::info, "domain {}: a rule would make it {} processors", action.domain,
            action.processors);
        return;
    default:
        return _conversation.say(domain, action, now);
    }
}

void Decisions::see_to_links(Time now) {
    uint64_t demand = 0;
    for (Domain* const domain : _of) {
        demand += domain->policy.memory.demand;
        _conversation.agree(*domain, now);
        if (!domain->link)
            continue;
        coop_vmm_config& config = domain->link->engine().config;
        config.entitlement = domain->policy.memory.entitlement;
        config.ceiling = static_cast<uint16_t>(domain->policy.config.ceiling);
    }
    uint64_t const capacity = uint64_t{_state.processors} * POLICY_WHOLE;
    _pressure = static_cast<uint32_t>(demand * 1000 / std::max<uint64_t>(capacity, 1));
}

void Decisions::restore() {
    if (_settings.dry_run)
        return;
    if (_operators_rate_limit && _state.rate_limit != *_operators_rate_limit)
        _xen.set_rate_limit(*_operators_rate_limit);
    _xen.remove(0, rate_limit_key);
}

} // namespace lavandin::coopd
