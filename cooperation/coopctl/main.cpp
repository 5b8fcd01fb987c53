// SPDX-License-Identifier: MIT
#include "client.hpp"
#include "replay.hpp"
#include "step_record.hpp"
#include "table.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

namespace {

using namespace lavandin;
using Json = nlohmann::json;

struct Options {
    std::string socket{"/run/coopd.sock"};
    bool json{false};
    std::string domain;
    unsigned processors{0};
    std::string policy;
    std::string file;
    double interval{1};
    unsigned count{0};
    unsigned most{10};
};

Json ask(Options const& options, Json const& request) {
    return coopctl::Client{options.socket}.ask(request);
}

void show(Json const& answer) { fmt::print("{}\n", answer.dump(2)); }

void status(Options const& options) {
    Json const found = ask(options, {{"command", "status"}});
    if (options.json)
        return show(found);
    fmt::print("{}", coopctl::table(found));
}

void watch(Options const& options) {
    coopctl::Client client{options.socket};
    bool const terminal = isatty(STDOUT_FILENO) != 0 && !options.json;
    for (unsigned i = 0; options.count == 0 || i < options.count; ++i) {
        if (i != 0)
            std::this_thread::sleep_for(std::chrono::duration<double>{options.interval});
        Json const found = client.ask({{"command", "status"}});
        if (options.json)
            fmt::print("{}\n", found.dump()); // one line each
        else                                  // home, the table, nothing below it
            fmt::print("{}{}{}", terminal ? "\033[H\033[J" : "", coopctl::table(found),
                       terminal ? "" : "\n");
        std::fflush(stdout);
    }
}

void by_hand(Options const& options, char const* command) {
    Json const done =
        ask(options,
            {{"command", command}, {"domain", options.domain}, {"processors", options.processors}});
    if (options.json)
        return show(done);
    fmt::print("domain {}: from {} to {} processors, until `coopctl auto`\n",
               done.at("domain").get<unsigned>(), done.at("from").get<unsigned>(),
               done.at("processors").get<unsigned>());
}

void back(Options const& options) {
    Json const done = ask(options, {{"command", "auto"}, {"domain", options.domain}});
    if (options.json)
        return show(done);
    fmt::print("domain {}: the policy decides\n", done.at("domain").get<unsigned>());
}

void policy(Options const& options) {
    Json request = {{"command", "policy"}};
    if (!options.policy.empty())
        request["policy"] = options.policy;
    Json const done = ask(options, request);
    if (options.json)
        return show(done);
    fmt::print("{}\n", coopctl::sanitised(done.at("policy").get<std::string>()));
}

std::optional<policy_kind> kind_of(std::string const& name) {
    if (name.empty())
        return std::nullopt;
    return name == "static"         ? POLICY_STATIC
           : name == "proportional" ? POLICY_PROPORTIONAL
                                    : POLICY_CHARACTERISTICS;
}

// Status 1 where something differs and nothing else was asked for.
int replay(Options const& options) {
    std::ifstream file{options.file};
    if (!file)
        throw coopctl::Client_error{options.file + ": cannot be read"};
    coopctl::Replay const result = coopctl::replay(file, kind_of(options.policy), options.most);
    if (options.json) {
        Json differences = Json::array();
        for (coopctl::Difference const& each : result.differences)
            differences.push_back(
                {{"line", each.line}, {"time", each.time}, {"then", each.then}, {"now", each.now}});
        show({{"steps", result.steps},
              {"actions", result.actions},
              {"different", result.different},
              {"differences", std::move(differences)}});
    } else {
        for (coopctl::Difference const& each : result.differences)
            fmt::print("step {} at {:.6f} s\n  then: {}\n  now:  {}\n", each.line,
                       static_cast<double>(each.time) / 1e9, each.then, each.now);
        fmt::print("{} steps, {} actions, {} steps differ\n", result.steps, result.actions,
                   result.different);
    }
    return result.different != 0 && options.policy.empty() ? 1 : 0;
}

CLI::App* add(CLI::App& app, Options& options, char const* name, char const* what) {
    CLI::App* const command = app.add_subcommand(name, what);
    command->add_flag("--json", options.json, "JSON instead of text");
    return command;
}

void add_policy(CLI::App* command, Options& options, char const* option, char const* what) {
    command->add_option(option, options.policy, what)
        ->check(CLI::IsMember({"static", "proportional", "characteristics"}));
}

void add_by_hand(CLI::App& app, Options& options, char const* name, char const* what) {
    CLI::App* const command = add(app, options, name, what);
    command->add_option("domain", options.domain, "its name or number")->required();
    command->add_option("processors", options.processors, "how many it is to have, in all")
        ->required()
        ->check(CLI::Range(1, 64));
    command->callback([&options, name] { by_hand(options, name); });
}

void add_commands(CLI::App& app, Options& options, int& result) {
    app.add_option("--socket", options.socket, "where coopd listens (default: /run/coopd.sock)");
    app.require_subcommand(1);
    add(app, options, "status", "what coopd knows of each domain")->callback([&] {
        status(options);
    });
    CLI::App* const live = add(app, options, "watch", "the same, again and again");
    live->add_option("--interval", options.interval, "seconds between two looks (default: 1)")
        ->check(CLI::Range(0.1, 3600.0));
    live->add_option("--count", options.count, "end after so many looks (default: never)");
    live->callback([&] { watch(options); });
    add_by_hand(app, options, "request", "have a domain take processors");
    add_by_hand(app, options, "reclaim", "have a domain give processors back");
    CLI::App* const automatic = add(app, options, "auto", "leave a domain to the policy again");
    automatic->add_option("domain", options.domain, "its name or number")->required();
    automatic->callback([&] { back(options); });
    CLI::App* const chosen = add(app, options, "policy", "show the policy, or choose another");
    add_policy(chosen, options, "policy", "static, proportional or characteristics");
    chosen->callback([&] { policy(options); });
    CLI::App* const again =
        add(app, options, "replay", "run the policy over a recording (coopd's policy.jsonl)");
    again->add_option("file", options.file, "the recording")->required();
    add_policy(again, options, "--policy", "another one than was in force");
    again->add_option("--most", options.most, "differences to show (default: 10)");
    again->callback([&] { result = replay(options); });
}

} // namespace

int main(int count, char** arguments) {
    CLI::App app{"Shows and directs coopd, which shares processors between domains."};
    Options options;
    int result = 0;
    try {
        add_commands(app, options, result);
        app.parse(count, arguments);
        return result;
    } catch (CLI::ParseError const& error) {
        return app.exit(error);
    } catch (std::exception const& error) {
        fmt::print(stderr, "coopctl: {}\n", error.what());
        return 1;
    }
}
