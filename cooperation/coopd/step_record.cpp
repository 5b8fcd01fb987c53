// SPDX-License-Identifier: MIT
#include "step_record.hpp"

#include <cooperation/policy/rules.h>

#include <nlohmann/json.hpp>

namespace lavandin::coopd {

namespace {

using Json = nlohmann::json;

// The operator's hand is a rule without a program; others are not recorded.
uint32_t pinned(policy_rules const* rules) {
    bool const by_hand = rules != nullptr && rules->plug.length == 0 && rules->unplug.length == 0;
    return by_hand ? rules->minimum : 0;
}

Json from_domain(policy_domain const& domain) {
    policy_config const& config = domain.config;
    policy_report const& report = domain.report;
    policy_measured const& measured = domain.measured;
    policy_inbox const& inbox = domain.inbox;
    Json requests = Json::array();
    for (uint32_t i = 0; i < inbox.request_count; ++i) {
        policy_request const& each = inbox.requests[i];
        requests.push_back({each.number, each.wanted, each.minimum, each.until, each.by});
    }
    return {
        {"config",
         {config.id, config.weight, config.cap_percent, config.minimum, config.ceiling,
          config.capabilities}},
        {"report",
         {report.time, report.load, report.runnable_threads, report.demand, report.confidence}},
        {"measured",
         {measured.processor_time, measured.runnable, measured.online, measured.active,
          measured.weight, measured.cap_percent}},
        {"requests", std::move(requests)},
        {"released", inbox.released},
        {"replies",
         {inbox.offer.number, inbox.offer.outcome, inbox.reclaim.number, inbox.reclaim.outcome}},
        {"new", domain.memory.known == 0},
        {"pinned", pinned(domain.config.rules)}};
}

Json from_action(policy_action const& action) {
    return {action.kind,   action.domain,     action.number, action.answer,
            action.reason, action.processors, action.value,  action.until};
}

template <class... Numbers>
void take(Json const& row, Numbers&... into) {
    size_t index = 0;
    ((into = row.at(index++).get<Numbers>()), ...);
}

policy_domain to_domain(Json const& row) {
    policy_domain domain{};
    policy_inbox& inbox = domain.inbox;
    take(row.at("config"), domain.config.id, domain.config.weight, domain.config.cap_percent,
         domain.config.minimum, domain.config.ceiling, domain.config.capabilities);
    take(row.at("report"), domain.report.time, domain.report.load, domain.report.runnable_threads,
         domain.report.demand, domain.report.confidence);
    take(row.at("measured"), domain.measured.processor_time, domain.measured.runnable,
         domain.measured.online, domain.measured.active, domain.measured.weight,
         domain.measured.cap_percent);
    for (Json const& request : row.at("requests")) {
        if (inbox.request_count == POLICY_MOST_REQUESTS)
            throw Record_error{"more requests than there can be"};
        policy_request& into = inbox.requests[inbox.request_count++];
        take(request, into.number, into.wanted, into.minimum, into.until, into.by);
    }
    inbox.released = row.at("released").get<uint32_t>();
    take(row.at("replies"), inbox.offer.number, inbox.offer.outcome, inbox.reclaim.number,
         inbox.reclaim.outcome);
    domain.memory.known = row.at("new").get<bool>() ? 0 : 1;
    return domain;
}

policy_action to_action(Json const& row) {
    policy_action action{};
    take(row, action.kind, action.domain, action.number, action.answer, action.reason,
         action.processors, action.value, action.until);
    return action;
}

} // namespace

std::string step_line(policy_state const& state, std::span<policy_action const> actions,
                      bool answer) {
    policy_tuning const& t = state.tuning;
    Json domains = Json::array();
    for (uint32_t i = 0; i < state.domain_count; ++i)
        domains.push_back(from_domain(state.domains[i]));
    Json made = Json::array();
    for (policy_action const& action : actions)
        made.push_back(from_action(action));
    Json const line = {
        {"time", state.now},
        {"answer", answer},
        {"policy", state.kind},
        {"processors", state.processors},
        {"rate_limit", state.rate_limit},
        {"tuning",
         {t.rise, t.fall, t.count, t.grow_after, t.shrink_after, t.give_back, t.park, t.offer,
          t.offer_again, t.stale, t.settle, t.rate_limit, t.quick, t.band, t.request_limit}},
        {"actions", std::move(made)},
        {"domains", std::move(domains)}};
    return line.dump() + "\n";
}

Step read_step(std::string const& line) {
    try {
        Json const row = Json::parse(line);
        Step step;
        policy_state& state = step.state;
        policy_tuning& t = state.tuning;
        state.now = row.at("time").get<uint64_t>();
        step.answer = row.at("answer").get<bool>();
        state.kind = row.at("policy").get<uint32_t>();
        state.processors = row.at("processors").get<uint32_t>();
        state.rate_limit = row.at("rate_limit").get<uint32_t>();
        take(row.at("tuning"), t.rise, t.fall, t.count, t.grow_after, t.shrink_after, t.give_back,
             t.park, t.offer, t.offer_again, t.stale, t.settle, t.rate_limit, t.quick, t.band,
             t.request_limit);
        for (Json const& domain : row.at("domains")) {
            step.domains.push_back(to_domain(domain));
            step.pinned.push_back(domain.at("pinned").get<uint32_t>());
        }
        for (Json const& action : row.at("actions"))
            step.actions.push_back(to_action(action));
        return step;
    } catch (Json::exception const& error) {
        throw Record_error{error.what()};
    }
}

} // namespace lavandin::coopd
