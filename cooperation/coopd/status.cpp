// SPDX-License-Identifier: MIT
#include "status.hpp"

#include <cooperation/names.h>

#include <bit>
#include <ctime>

namespace lavandin::coopd {

namespace {

using Json = nlohmann::json;

uint64_t own_time() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<uint64_t>(time.tv_sec) * second + static_cast<uint64_t>(time.tv_nsec);
}

char const* connection(Domain const& domain) {
    if (domain.presence == Presence::unusable)
        return "unusable";
    if (!domain.link)
        return "none";
    switch (domain.link->engine().state) {
    case COOP_VMM_JOINED:
        return "joined";
    case COOP_VMM_SUSPENDED:
        return "suspended";
    default:
        return "open";
    }
}

char const* state(Domain const& domain) {
    if (domain.gone || domain.facts.dying)
        return "dying";
    return domain.facts.ended ? "ended" : "running";
}

Json measured(Domain const& domain) {
    policy_measured const& counted = domain.policy.measured;
    policy_memory const& memory = domain.policy.memory;
    return {{"vcpus", domain.facts.vcpus.size()},
            {"available", domain.available & mask_below(domain.facts.vcpus.size())},
            {"online", domain.online()},
            {"active", counted.active},
            {"runnable", memory.runnable},
            {"use", memory.use},
            {"time", counted.processor_time},
            {"weight", domain.applied.weight},
            {"cap", domain.applied.cap}};
}

Json operators(Domain const& domain) {
    policy_config const& config = domain.policy.config;
    Json made = {{"weight", domain.operators.weight},
                 {"cap", domain.operators.cap},
                 {"minimum", config.minimum},
                 {"ceiling", config.ceiling},
                 {"processors", nullptr}};
    if (domain.pinned)
        made["processors"] = *domain.pinned;
    return made;
}

// Everything in here is the guest's word.
Json claims(Domain const& domain, Time now) {
    if (!domain.joined() || domain.link->engine().report.number == 0)
        return nullptr;
    coop_report const& report = domain.link->engine().report;
    Json processors = Json::array();
    for (unsigned i = 0; i < report.processors; ++i) {
        coop_processor_report const& each = report.processor[i];
        processors.push_back({{"busy", each.busy},
                              {"idle", each.idle},
                              {"stolen", each.stolen},
                              {"blocked", each.blocked},
                              {"queue", each.queue}});
    }
    return {{"age", now - std::min(now, report.time)},
            {"number", report.number},
            {"online", report.online},
            {"parked", report.parked},
            {"runnable", report.runnable},
            {"demand", report.demand},
            {"confidence", report.confidence},
            {"load", coop_load_name(report.load)},
            {"processors", std::move(processors)}};
}

Json head(coop_message const& message) {
    return {{"time", message.head.time}, {"sequence", message.head.sequence}};
}

Json request(coop_message const& message) {
    coop_request const& body = message.body.request;
    Json made = head(message);
    made.update({{"wanted", body.wanted},
                 {"least", body.least},
                 {"need", coop_need_name(body.need)},
                 {"demand", body.demand}});
    return made;
}

Json answer(coop_message const& message) {
    coop_answer const& body = message.body.answer;
    Json made = head(message);
    made.update({{"outcome", coop_outcome_name(body.outcome)},
                 {"reason", coop_reason_name(body.reason)},
                 {"processors", body.processors}});
    return made;
}

Json transfer(coop_message const& message) {
    coop_transfer const& body = message.body.transfer;
    Json made = head(message);
    made.update({{"processors", body.processors},
                 {"count", body.count},
                 {"deadline", body.deadline},
                 {"reason", coop_reason_name(body.reason)}});
    return made;
}

// What a guest says of its processors.
template <typename Body>
Json processors(coop_message const& message, Body const& body) {
    Json made = head(message);
    made.update({{"processors", body.processors},
                 {"online", body.online},
                 {"reason", coop_reason_name(body.reason)}});
    return made;
}

Json reply(coop_message const& message) {
    Json made = processors(message, message.body.reply);
    made["regarding"] = message.head.regarding;
    return made;
}

Json release(coop_message const& message) { return processors(message, message.body.release); }

Json last(Domain const& domain) {
    struct Row {
        char const* name;
        coop_type type;
        Json (*make)(coop_message const&);
    };
    constexpr Row rows[]{{"request", COOP_REQUEST, request}, {"answer", COOP_ANSWER, answer},
                         {"offer", COOP_OFFER, transfer},    {"reclaim", COOP_RECLAIM, transfer},
                         {"done", COOP_DONE, reply},         {"refused", COOP_REFUSED, reply},
                         {"release", COOP_RELEASE, release}};
    Json made = Json::object();
    for (Row const& row : rows)
        made[row.name] = domain.last[row.type] ? row.make(*domain.last[row.type]) : Json{};
    return made;
}

Json protocol(Domain const& domain) {
    if (!domain.link)
        return nullptr;
    coop_vmm const& engine = domain.link->engine();
    char const* const standing = engine.state == COOP_VMM_SUSPENDED ? "suspended"
                                 : engine.points != 0               ? "watched"
                                                                    : "good";
    return {{"session", engine.session},
            {"capabilities", engine.agreed.capabilities},
            {"standing", standing},
            {"violations", engine.misbehaviour},
            {"in_use", domain.in_use},
            {"request_open", engine.request.head.sequence != 0},
            {"offer_open", engine.offer.sequence != 0},
            {"reclaim_open", engine.reclaim.sequence != 0},
            {"edges", domain.edges()},
            {"reports", domain.reports()}};
}

Json from_domain(Domain const& domain, Time now) {
    policy_memory const& memory = domain.policy.memory;
    return {{"number", domain.facts.number},
            {"name", domain.name},
            {"state", state(domain)},
            {"cooperating", domain.joined()},
            {"connection", connection(domain)},
            {"why", domain.why},
            {"entitlement", memory.entitlement},
            {"allocation", memory.allocated},
            {"demand", memory.demand},
            {"enforced", memory.enforced != 0},
            {"enforcements", memory.enforcements},
            {"measured", measured(domain)},
            {"operator", operators(domain)},
            {"claims", claims(domain, now)},
            {"protocol", protocol(domain)},
            {"last", last(domain)}};
}

} // namespace

Json status(Daemon const& daemon) {
    policy_state const& policy = daemon.decisions().state();
    Counts const& counts = daemon.counts();
    Json domains = Json::array();
    for (auto const& domain : daemon.ledger().domains())
        domains.push_back(from_domain(*domain, daemon.now()));
    return {{"version", 1},
            {"time", daemon.now()},
            {"policy", policy_name(policy.kind)},
            {"pool", daemon.settings().pool},
            {"processors", daemon.ledger().processors()},
            {"interval", daemon.settings().interval},
            {"rate_limit", policy.rate_limit},
            {"pressure", daemon.decisions().pressure()},
            {"dry_run", daemon.settings().dry_run},
            {"cost",
             {{"cpu_time", own_time()},
              {"turns", counts.turns},
              {"steps", counts.steps},
              {"answers", counts.answers},
              {"edges", counts.edges},
              {"reports", counts.reports}}},
            {"domains", std::move(domains)}};
}

} // namespace lavandin::coopd
