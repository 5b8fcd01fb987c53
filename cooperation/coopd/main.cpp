// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "log.hpp"
#include "real_xen.hpp"
#include "socket.hpp"

#include <CLI/CLI.hpp>

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace {

using namespace lavandin::coopd;

Settings read(CLI::App& app, int count, char** arguments) {
    Settings given;
    std::string file, policy;
    double interval = 0;
    bool verbose = false;
    app.add_option("--config", file, "settings (TOML), see docs/coopd.md");
    app.add_option("--socket", given.socket, "where coopctl asks (default: /run/coopd.sock)");
    app.add_option("--policy", policy, "who gets which processors")
        ->check(CLI::IsMember({"static", "proportional", "characteristics"}));
    app.add_option("--interval", interval, "milliseconds between looks, on average (default: 10)")
        ->check(CLI::Range(1.0, 10'000.0));
    app.add_option("--record", given.record, "record everything in this folder, for replay");
    app.add_option("--pool", given.pool, "the pool of processors (default: 0)");
    app.add_flag("--dry-run", given.dry_run, "measure and show, change nothing");
    app.add_flag("--verbose", verbose, "say more");
    app.parse(count, arguments);
    Settings settings = file.empty() ? Settings{} : read_settings(file);
    auto const take = [&app](char const* option, auto& into, auto const& from) {
        if (app.count(option) != 0)
            into = from;
    };
    take("--socket", settings.socket, given.socket);
    take("--record", settings.record, given.record);
    take("--pool", settings.pool, given.pool);
    take("--dry-run", settings.dry_run, given.dry_run);
    take("--interval", settings.interval,
         static_cast<Time>(interval * static_cast<double>(millisecond)));
    if (!policy.empty())
        settings.policy = policy_of(policy).value_or(settings.policy);
    settings.check();
    if (verbose)
        log_up_to(Level::debug);
    return settings;
}

// SIGTERM and SIGINT, as a descriptor. Before any thread is made: libxenstore has one.
Descriptor block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return Descriptor{signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

uint64_t seed() {
    std::random_device device;
    return (uint64_t{device()} << 32U) | device();
}

timespec span(Time now, Time until) {
    Time const left = until > now ? until - now : 0;
    return {.tv_sec = static_cast<time_t>(left / second),
            .tv_nsec = static_cast<long>(left % second)};
}

void run(Settings const& settings, Descriptor const& signals) {
    Real_xen xen{settings.pool};
    Daemon daemon{xen, settings, seed()};
    Socket socket{settings.socket, [&daemon](std::string_view line) { return obey(daemon, line); }};
    log(Level::info, "policy {}, every {} ms, {}", policy_name(settings.policy),
        settings.interval / millisecond, settings.socket);
    std::vector<pollfd> polled;
    while (true) {
        Time const next = daemon.turn();
        polled.assign({{signals.number(), POLLIN, 0},
                       {xen.edge_descriptor(), POLLIN, 0},
                       {xen.store_descriptor(), POLLIN, 0}});
        socket.wait_for(polled);
        timespec const patience = span(xen.now(), next);
        if (ppoll(polled.data(), polled.size(), &patience, nullptr) < 0 && errno != EINTR)
            throw std::runtime_error{"ppoll failed"};
        if (polled.front().revents != 0)
            break;
        socket.serve(polled);
    }
    log(Level::info, "leaving");
    daemon.leave();
}

} // namespace

int main(int count, char** arguments) {
    CLI::App app{"Shares processors between the domains of a Xen host, together with them."};
    try {
        Settings const settings = read(app, count, arguments);
        Descriptor const signals = block_signals();
        run(settings, signals);
        return 0;
    } catch (CLI::ParseError const& error) {
        return app.exit(error);
    } catch (std::exception const& error) {
        log(Level::error, "{}", error.what());
        return 1;
    }
}
