// SPDX-License-Identifier: MIT
#include "settings.hpp"

#include <cooperation/limits.h>
#include <cooperation/policy/rules/parser.hpp>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <sstream>

namespace lavandin::coopd {

namespace {

constexpr std::array<std::string_view, 3> policies{"static", "proportional", "characteristics"};

// One table of the file; whatever was not asked for in the end is a mistake.
class Table {
public:
    Table(toml::table const& table, std::string where) : _table{table}, _where{std::move(where)} {}

    template <class Value>
    void take(std::string_view key, Value& into) {
        toml::node const* const node = find(key);
        if (node == nullptr)
            return;
        std::optional<Value> const found = node->value_exact<Value>();
        if (!found)
            fail(key, "has another type");
        into = *found;
    }

    template <class Number>
    void take_number(std::string_view key, Number& into, uint64_t least, uint64_t most) {
        toml::node const* const node = find(key);
        if (node == nullptr)
            return;
        std::optional<int64_t> const found = node->value_exact<int64_t>();
        if (!found || *found < 0 || static_cast<uint64_t>(*found) < least ||
            static_cast<uint64_t>(*found) > most)
            fail(key, fmt::format("is a whole number from {} to {}", least, most));
        into = static_cast<Number>(*found);
    }

    // In microseconds: none, or what Xen allows (XEN_SYSCTL_SCHED_RATELIMIT_MIN and _MAX).
    void take_rate_limit(std::string_view key, uint32_t& into) {
        take_number(key, into, 0, 500'000);
        if (into != 0 && into < 100)
            fail(key, "is 0, or a whole number from 100 to 500000");
    }

    // In milliseconds.
    void take_time(std::string_view key, Time& into, Time least, Time most) {
        uint64_t number = into / millisecond;
        take_number(key, number, least / millisecond, most / millisecond);
        if (_table.contains(key))
            into = number * millisecond;
    }

    toml::table const* take_table(std::string_view key) {
        toml::node const* const node = find(key);
        if (node != nullptr && !node->is_table())
            fail(key, "is a table");
        return node != nullptr ? node->as_table() : nullptr;
    }

    void end() const {
        for (auto const& [key, value] : _table)
            if (std::ranges::find(_known, key.str()) == _known.end())
                throw Settings_error{fmt::format("{}: nothing is called '{}'", _where, key.str())};
    }

    [[noreturn]] void fail(std::string_view key, std::string const& what) const {
        throw Settings_error{fmt::format("{}: {} {}", _where, key, what)};
    }

private:
    toml::node const* find(std::string_view key) {
        _known.emplace_back(key);
        return _table.get(key);
    }

    toml::table const& _table;
    std::string _where;
    std::vector<std::string> _known;
};

std::shared_ptr<policy_rules const> read_rules(std::string const& name) {
    std::ifstream file{name};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
        throw Settings_error{name + ": cannot be read"};
    rules::Parsed const parsed = rules::parse(text.str());
    if (parsed.fault)
        throw Settings_error{parsed.fault->text(name)};
    return std::make_shared<policy_rules const>(parsed.rules);
}

void read_tuning(Table table, policy_tuning& tuning) {
    Time const most = 60 * second;
    table.take_time("rise", tuning.rise, 0, most);
    table.take_time("fall", tuning.fall, 0, most);
    table.take_time("count", tuning.count, 0, most);
    table.take_time("grow-after", tuning.grow_after, 0, most);
    table.take_time("shrink-after", tuning.shrink_after, 0, most);
    table.take_time("give-back", tuning.give_back, millisecond, most);
    table.take_time("park", tuning.park, millisecond, most);
    table.take_time("offer", tuning.offer, millisecond, most);
    table.take_time("offer-again", tuning.offer_again, 0, most);
    table.take_time("stale", tuning.stale, millisecond, most);
    table.take_time("settle", tuning.settle, millisecond, most);
    table.take_rate_limit("rate-limit-us", tuning.rate_limit);
    table.take_rate_limit("quick-us", tuning.quick);
    table.take_number("band", tuning.band, 0, POLICY_WHOLE / 2 - 1);
    table.take_number("request-limit", tuning.request_limit, 1, 1'000'000);
    table.end();
}

void read_messages(Table table, Settings& settings) {
    table.take_number("burst", settings.burst, 1, COOP_RING_SLOTS);
    table.take_time("interval", settings.message_interval, millisecond, second);
    table.take_number("tolerated", settings.tolerated, 1, 1'000'000);
    table.take_time("forgiven", settings.forgiven, millisecond, 3600 * second);
    table.take_time("suspension", settings.suspension, millisecond, 3600 * second);
    table.end();
}

Domain_settings read_domain(Table table) {
    Domain_settings settings;
    uint32_t ceiling = 0;
    std::string rules;
    table.take_number("minimum", settings.minimum, 1, POLICY_MOST_PROCESSORS);
    table.take_number("ceiling", ceiling, settings.minimum, POLICY_MOST_PROCESSORS);
    table.take("turn-away", settings.turn_away);
    table.take("rules", rules);
    table.end();
    if (ceiling != 0)
        settings.ceiling = ceiling;
    if (!rules.empty())
        settings.rules = read_rules(rules);
    return settings;
}

void read_domains(toml::table const& table, Settings& settings) {
    for (auto const& [name, value] : table) {
        if (!value.is_table())
            throw Settings_error{fmt::format("domain.{} is a table", name.str())};
        settings.domains.emplace(
            name.str(),
            read_domain(Table{*value.as_table(), fmt::format("domain.{}", name.str())}));
    }
}

Settings read_table(toml::table const& file, std::string const& name) {
    Settings settings;
    Table table{file, name};
    std::string policy;
    table.take("socket", settings.socket);
    table.take("record", settings.record);
    table.take_number("record-limit", settings.record_limit, 1024,
                      std::numeric_limits<int64_t>::max());
    table.take_number("pool", settings.pool, 0, UINT32_MAX);
    table.take("dry-run", settings.dry_run);
    table.take("policy", policy);
    table.take_time("interval", settings.interval, millisecond, 10 * second);
    if (!policy.empty()) {
        std::optional<policy_kind> const kind = policy_of(policy);
        if (!kind)
            table.fail("policy", "is static, proportional or characteristics");
        settings.policy = *kind;
    }
    if (toml::table const* const found = table.take_table("tuning"))
        read_tuning(Table{*found, "tuning"}, settings.tuning);
    if (toml::table const* const found = table.take_table("messages"))
        read_messages(Table{*found, "messages"}, settings);
    if (toml::table const* const found = table.take_table("domain"))
        read_domains(*found, settings);
    table.end();
    return settings;
}

} // namespace

// coopd sees a VCPU leave only at its next looks, so deadlines are somewhat longer than they would
// be in a hypervisor.
Settings::Settings() {
    policy_defaults(&tuning);
    tuning.park = 60 * millisecond;
    tuning.give_back = 120 * millisecond;
}

Domain_settings const& Settings::of(std::string_view name) const {
    static Domain_settings const usual;
    auto const found = domains.find(name);
    return found == domains.end() ? usual : found->second;
}

void Settings::check() const {
    if (tuning.park < margin() + millisecond || tuning.give_back < tuning.park)
        throw Settings_error{fmt::format(
            "tuning: park is at least {} ms (two intervals and one), give-back at least park",
            (margin() + millisecond) / millisecond)};
    if (tuning.offer < millisecond)
        throw Settings_error{"tuning: offer is at least 1 ms"};
}

Settings read_settings(std::string const& file) {
    try {
        return read_table(toml::parse_file(file), file);
    } catch (toml::parse_error const& error) {
        throw Settings_error{fmt::format("{}:{}:{}: {}", file, error.source().begin.line,
                                         error.source().begin.column, error.description())};
    }
}

std::optional<policy_kind> policy_of(std::string_view name) {
    auto const found = std::ranges::find(policies, name);
    if (found == policies.end())
        return std::nullopt;
    return static_cast<policy_kind>(found - policies.begin());
}

std::string_view policy_name(uint32_t kind) {
    return kind < policies.size() ? policies[kind] : "unknown";
}

} // namespace lavandin::coopd
