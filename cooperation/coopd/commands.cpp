// SPDX-License-Identifier: MIT
#include "commands.hpp"

#include "log.hpp"
#include "status.hpp"

#include <bit>
#include <functional>

namespace lavandin::coopd {

namespace {

using Json = nlohmann::json;

class Refusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

Domain& domain_of(Daemon& daemon, Json const& request) {
    auto const name = request.at("domain").get<std::string>();
    Domain* const domain = daemon.ledger().find(name);
    if (domain == nullptr)
        throw Refusal{fmt::format("no domain '{}' in this pool", name)};
    return *domain;
}

uint32_t count_of(Json const& request) {
    auto const count = request.at("processors").get<int64_t>();
    if (count < 1 || count > POLICY_MOST_PROCESSORS)
        throw Refusal{fmt::format("processors are from 1 to {}",
                                  static_cast<unsigned>(POLICY_MOST_PROCESSORS))};
    return static_cast<uint32_t>(count);
}

uint32_t held(Domain const& domain) { return static_cast<uint32_t>(std::popcount(domain.in_use)); }

void must(Domain const& domain, uint32_t capability, char const* what) {
    if (!domain.joined() || (domain.policy.config.capabilities & capability) == 0)
        throw Refusal{fmt::format("domain {} does not {} processors", domain.facts.number, what)};
}

Json more(Daemon& daemon, Json const& request) {
    Domain& domain = domain_of(daemon, request);
    uint32_t const count = count_of(request);
    must(domain, POLICY_TAKES, "take");
    if (count <= held(domain))
        throw Refusal{fmt::format("domain {} has {} already", domain.facts.number, held(domain))};
    if (count > domain.policy.config.ceiling)
        throw Refusal{fmt::format("domain {} may have {} at most", domain.facts.number,
                                  domain.policy.config.ceiling)};
    daemon.decisions().pin(domain, count);
    return {{"domain", domain.facts.number}, {"from", held(domain)}, {"processors", count}};
}

Json fewer(Daemon& daemon, Json const& request) {
    Domain& domain = domain_of(daemon, request);
    uint32_t const count = count_of(request);
    must(domain, POLICY_GIVES_BACK, "give back");
    if (count >= held(domain))
        throw Refusal{fmt::format("domain {} has only {}", domain.facts.number, held(domain))};
    if (count < domain.policy.config.minimum)
        throw Refusal{fmt::format("domain {} keeps {} at least", domain.facts.number,
                                  domain.policy.config.minimum)};
    daemon.decisions().pin(domain, count);
    return {{"domain", domain.facts.number}, {"from", held(domain)}, {"processors", count}};
}

Json back_to_policy(Daemon& daemon, Json const& request) {
    Domain& domain = domain_of(daemon, request);
    daemon.decisions().pin(domain, std::nullopt);
    return {{"domain", domain.facts.number}};
}

Json policy(Daemon& daemon, Json const& request) {
    if (request.contains("policy")) {
        auto const name = request.at("policy").get<std::string>();
        std::optional<policy_kind> const kind = policy_of(name);
        if (!kind)
            throw Refusal{"policies are static, proportional and characteristics"};
        daemon.decisions().choose(*kind);
        log(Level::info, "policy {}", name);
    }
    return {{"policy", policy_name(daemon.decisions().state().kind)}};
}

struct Row {
    std::string_view name;
    Json (*carry_out)(Daemon&, Json const&);
};

constexpr Row rows[]{
    {"status", [](Daemon& daemon, Json const&) { return status(daemon); }},
    {"request", more},
    {"reclaim", fewer},
    {"auto", back_to_policy},
    {"policy", policy},
};

Json carry_out(Daemon& daemon, std::string_view line) {
    Json const request = Json::parse(line);
    auto const name = request.at("command").get<std::string>();
    for (Row const& row : rows)
        if (row.name == name)
            return row.carry_out(daemon, request);
    throw Refusal{fmt::format("no command '{}'", name)};
}

// What guests wrote need not be UTF-8.
std::string text(Json const& answer) {
    return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string obey(Daemon& daemon, std::string_view line) {
    try {
        return text({{"ok", carry_out(daemon, line)}});
    } catch (Refusal const& refusal) {
        return text({{"error", refusal.what()}});
    } catch (Json::exception const& error) {
        return text({{"error", fmt::format("not understood: {}", error.what())}});
    }
}

} // namespace lavandin::coopd
