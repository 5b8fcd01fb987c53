// SPDX-License-Identifier: MIT
// Ends servers while clients use them.
#pragma once

#include <lavandin/init_client.hpp>
#include <lavandin/objects.hpp>
#include <span>
#include <string_view>

namespace server_deaths {

struct Tally {
    unsigned kills{0};
    unsigned interrupted{0}; // requests
    bool all_finished{true};
};

class Killer {
public:
    static constexpr unsigned clients = 4; // of each server

    explicit Killer(uint64_t seed) : _random{seed} {}

    // Starts clients of each of these servers, and ends one of the servers at random moments, at
    // most `pause` nanoseconds apart, until the clients have ended; with `never` none is ended.
    // Errors: those of init.
    static constexpr uint64_t never = 0;
    lavandin::Result<Tally> run(std::span<std::string_view const> servers, uint64_t pause);

private:
    lavandin::Result<void> start(std::string_view server, unsigned number);
    lavandin::Result<void> kill(std::string_view server);
    lavandin::Result<void> collect(Tally& tally);
    uint64_t below(uint64_t limit);

    static constexpr size_t maximum_running = 24;

    lavandin::Init_client const _init;
    lavandin::Notification _ended;
    uint32_t _running[maximum_running]; // process numbers
    size_t _count{0};
    uint64_t _random;
};

} // namespace server_deaths
