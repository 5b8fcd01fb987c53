// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include "scenario_table.hpp"

#include <cooperation/policy/rules/parser.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>

namespace lavandin::simulator {

namespace {

constexpr std::array<Named<Kind>, 5> kinds{{{"compute", Kind::compute},
                                            {"barrier", Kind::barrier},
                                            {"lock", Kind::lock},
                                            {"interactive", Kind::interactive},
                                            {"idle", Kind::idle}}};
constexpr std::array<Named<policy_kind>, 3> policies{{{"static", POLICY_STATIC},
                                                      {"proportional", POLICY_PROPORTIONAL},
                                                      {"characteristics", POLICY_CHARACTERISTICS}}};
constexpr std::array<Named<uint32_t>, 5> capabilities{{{"reports", POLICY_REPORTS},
                                                       {"takes", POLICY_TAKES},
                                                       {"gives-back", POLICY_GIVES_BACK},
                                                       {"parks", POLICY_PARKS},
                                                       {"serves", POLICY_SERVES}}};
constexpr std::array<Named<bool Behaviour::*>, 4> behaviours{{{"inflates", &Behaviour::inflates},
                                                              {"refuses", &Behaviour::refuses},
                                                              {"silent", &Behaviour::silent},
                                                              {"floods", &Behaviour::floods}}};
constexpr std::array<Named<bool>, 2> counts{{{"mean", false}, {"moment", true}}};

constexpr Time longest = 3600 * second;

std::string contents(std::filesystem::path const& file) {
    std::ifstream stream{file, std::ios::binary};
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream || !text)
        throw Scenario_error{file.string() + ": cannot be read"};
    return std::move(text).str();
}

Load read_load(Table const& table) {
    Load load;
    load.kind = table.choice("kind", Kind::compute, kinds);
    load.threads = table.number("threads", 1, 1, 256);
    load.from = table.time("from", 0, 0, longest);
    load.until = table.time("until", 0, 0, longest);
    load.every = table.time("every", 0, 0, longest);
    load.on = table.time("for", 0, 0, longest);
    bool const burst = load.kind == Kind::interactive || load.kind == Kind::idle;
    load.work = table.time("work", burst ? 200 * microsecond : millisecond, microsecond, longest);
    load.inside = table.time("inside", 20 * microsecond, microsecond, longest);
    load.spin = table.time("spin", 50 * microsecond, 0, longest);
    load.adaptive = table.flag("adaptive", false);
    load.think = table.time("think", load.kind == Kind::idle ? 100 * millisecond : 5 * millisecond,
                            microsecond, longest);
    load.jitter = table.number("jitter", 20, 0, 100);
    if (load.until != 0 && load.until <= load.from)
        table.fail("until", "`until` is not after `from`");
    if ((load.every != 0) != (load.on != 0) || load.on > load.every)
        table.fail("every", "`every` and `for` belong together, and `for` is not longer");
    table.nothing_else();
    return load;
}

policy_rules read_rules(std::filesystem::path const& file) {
    rules::Parsed const parsed = rules::parse(contents(file));
    if (parsed.fault)
        throw Scenario_error{parsed.fault->text(file.string())};
    return parsed.rules;
}

Guest_plan read_guest(Table const& table, std::filesystem::path const& folder) {
    Guest_plan guest;
    guest.name = table.text("name");
    guest.weight = table.number("weight", 256, POLICY_LEAST_WEIGHT, POLICY_MOST_WEIGHT);
    guest.vcpus = table.number("vcpus", 1, 1, POLICY_MOST_PROCESSORS);
    guest.minimum = table.number("minimum", 1, 1, guest.vcpus);
    guest.cap = table.number("cap", 0, 0, POLICY_MOST_PROCESSORS * 100);
    guest.noise = table.number("noise", 0, 0, 100);
    table.number("memory", 64, 1, 65536); // the rig's, MiB
    guest.capabilities = POLICY_REPORTS | POLICY_TAKES | POLICY_GIVES_BACK;
    if (table.has("capabilities")) {
        guest.capabilities = 0;
        for (uint32_t each : table.choices("capabilities", capabilities))
            guest.capabilities |= each;
    }
    for (bool Behaviour::*each : table.choices("behaviour", behaviours))
        guest.behaviour.*each = true;
    if (table.has("rules"))
        guest.rules = read_rules(folder / table.text("rules"));
    for (Table const& load : table.tables("load"))
        guest.loads.push_back(read_load(load));
    table.nothing_else();
    return guest;
}

Scenario read(Table const& table, std::filesystem::path const& folder) {
    Scenario scenario;
    scenario.name = table.text("name");
    scenario.description = table.text("description", "");
    scenario.duration = table.time("duration", 10 * second, millisecond, longest);
    scenario.seed = table.number("seed", 1, 0, UINT32_MAX);
    Table const host = table.table("host");
    scenario.processors = host.number("processors", 1, 1, 256);
    scenario.switch_cost = host.time("switch_cost", 2 * microsecond, 0, millisecond);
    host.nothing_else();
    Table const cooperation = table.table("cooperation");
    scenario.policy = cooperation.choice("policy", POLICY_PROPORTIONAL, policies);
    scenario.interval = cooperation.time("interval", 10 * millisecond, millisecond, 10 * second);
    scenario.report = cooperation.time("report", 10 * millisecond, millisecond, 10 * second);
    scenario.latency = cooperation.time("latency", 100 * microsecond, 0, second);
    scenario.count_moment = cooperation.choice("count", false, counts);
    cooperation.nothing_else();
    for (Table const& guest : table.tables("guest"))
        scenario.guests.push_back(read_guest(guest, folder));
    if (scenario.guests.empty() || scenario.guests.size() > 64)
        table.fail("guest", "a scenario has 1 to 64 guests");
    table.nothing_else();
    return scenario;
}

} // namespace

Scenario parse_scenario(std::string_view text, std::string const& name,
                        std::filesystem::path const& folder) {
    try {
        toml::table const table = toml::parse(text, name);
        return read(Table{table, name}, folder);
    } catch (toml::parse_error const& error) {
        std::ostringstream place;
        place << name << ":" << error.source().begin.line << ":" << error.source().begin.column;
        throw Scenario_error{place.str() + ": " + std::string{error.description()}};
    }
}

Scenario read_scenario(std::filesystem::path const& file) {
    return parse_scenario(contents(file), file.string(), file.parent_path());
}

double entitlement(Scenario const& scenario, Guest_plan const& guest) {
    double sum = 0;
    for (Guest_plan const& each : scenario.guests)
        sum += each.weight;
    return scenario.processors * guest.weight / sum;
}

unsigned entitled_vcpus(Scenario const& scenario, Guest_plan const& guest) {
    unsigned const whole = static_cast<unsigned>(std::lround(entitlement(scenario, guest)));
    return std::clamp(whole, guest.minimum, guest.vcpus);
}

std::string_view kind_name(Kind kind) { return name_of(kind, kinds); }

std::string_view policy_name(policy_kind policy) { return name_of(policy, policies); }

} // namespace lavandin::simulator
