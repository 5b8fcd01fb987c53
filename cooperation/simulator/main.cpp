// SPDX-License-Identifier: MIT
#include "output.hpp"

#include <cooperation/policy/rules/parser.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

namespace {

namespace simulator = lavandin::simulator;

struct Options {
    std::string scenario;
    std::vector<std::string> setups;
    std::string json, csv;
    std::vector<uint64_t> seeds;
    double trace_from{0}, trace_until{0};
    double sample{0.05};
    bool log{false};
};

simulator::Time nanoseconds(double seconds) { return static_cast<simulator::Time>(seconds * 1e9); }

// To a file, or to standard output for `-`.
void write(std::string const& name, auto writer, std::vector<simulator::Result> const& results) {
    if (name.empty())
        return;
    if (name == "-")
        return writer(std::cout, results);
    std::ofstream file{name};
    writer(file, results);
    file.close();
    if (!file)
        throw std::runtime_error{name + ": cannot be written"};
}

std::vector<simulator::Result> run_all(Options const& options) {
    simulator::Scenario const scenario = simulator::read_scenario(options.scenario);
    std::vector<simulator::Result> results;
    for (std::string const& name : options.setups) {
        std::optional<simulator::Run> run = simulator::find_setup(name, scenario);
        if (!run)
            throw std::runtime_error{"no set-up '" + name + "'"};
        run->trace_from = nanoseconds(options.trace_from);
        run->trace_until = nanoseconds(options.trace_until);
        run->sample = nanoseconds(options.sample);
        for (uint64_t seed : options.seeds.empty() ? std::vector{scenario.seed} : options.seeds) {
            run->seed = seed;
            results.push_back(simulator::simulate(scenario, *run));
        }
    }
    return results;
}

int run(Options const& options) {
    std::vector<simulator::Result> const results = run_all(options);
    write(options.json, simulator::write_json, results);
    write(options.csv, simulator::write_csv, results);
    if (options.json != "-" && options.csv != "-")
        simulator::write_table(std::cout, results);
    if (options.log)
        for (simulator::Result const& result : results)
            for (std::string const& line : result.log)
                std::cout << line << '\n';
    return 0;
}

int check_rules(std::string const& name) {
    std::ifstream file{name};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
        throw std::runtime_error{name + ": cannot be read"};
    lavandin::rules::Parsed const parsed = lavandin::rules::parse(text.str());
    for (std::string const& warning : parsed.warnings)
        std::cerr << name << ":" << warning << '\n';
    if (parsed.fault)
        throw std::runtime_error{parsed.fault->text(name)};
    std::cout << "HOTPLUG takes " << parsed.rules.plug.length << " steps, HOTUNPLUG "
              << parsed.rules.unplug.length << "; " << parsed.rules.history
              << " samples are looked at\n";
    return 0;
}

void add_run(CLI::App& app, Options& options, int& status) {
    CLI::App* const command =
        app.add_subcommand("run", "run a scenario and print what each guest got");
    command->add_option("scenario", options.scenario, "the scenario file (TOML)")->required();
    command
        ->add_option("--setup", options.setups,
                     "fixed, all, static, proportional, characteristics, or scenario (the policy "
                     "that the file names); more than one may be given")
        ->check(CLI::IsMember(
            {"fixed", "all", "static", "proportional", "characteristics", "scenario"}))
        ->default_val(std::vector<std::string>{"fixed", "all", "scenario"});
    command->add_option("--seed", options.seeds, "instead of the scenario's; more may be given");
    command->add_option("--json", options.json, "write results to this file (-: standard output)");
    command->add_option("--csv", options.csv, "write timelines to this file (-: standard output)");
    command->add_option("--sample", options.sample, "seconds between points of the timeline")
        ->check(CLI::Range(0.001, 60.0));
    command
        ->add_option("--trace-from", options.trace_from,
                     "keep which VCPU ran on which processor from this second on")
        ->check(CLI::Range(0.0, 3600.0));
    command->add_option("--trace-until", options.trace_until, "and until this one")
        ->check(CLI::Range(0.0, 3600.0));
    command->add_flag("--log", options.log, "print answers, offers and reclaims");
    command->callback([&] { status = run(options); });
}

void add_rules(CLI::App& app, std::string& file, int& status) {
    CLI::App* const command = app.add_subcommand("rules", "check a file of rules");
    command->add_option("file", file, "rules as for cpuplugd")->required();
    command->callback([&] { status = check_rules(file); });
}

int start(int count, char** arguments) {
    CLI::App app{"Simulates guests that share processors, with and without cooperation."};
    Options options;
    std::string rules;
    int status = 0;
    app.require_subcommand(1);
    add_run(app, options, status);
    add_rules(app, rules, status);
    try {
        app.parse(count, arguments);
    } catch (CLI::ParseError const& error) {
        return app.exit(error);
    }
    return status;
}

} // namespace

int main(int count, char** arguments) try {
    return start(count, arguments);
} catch (std::exception const& error) {
    std::fprintf(stderr, "cooperation-simulator: %s\n", error.what());
    return 1;
} catch (...) {
    return 1;
}
