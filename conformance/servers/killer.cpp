// SPDX-License-Identifier: MIT
#include "killer.hpp"

#include "clients.hpp"

#include <lavandin/clock.hpp>
#include <stdio.h>
#include <string.h>

namespace server_deaths {

using namespace lavandin;

namespace {

constexpr uint64_t shortest_pause =
    5 * millisecond; // between two deaths; a server starts within it
constexpr uint64_t patience = 120 * second;
// So many deaths, and pauses become twice as long: on a busy machine requests take longer than
// between two deaths there is time, and none would ever get through.
constexpr unsigned deaths_of_a_pace = 8; // as many as a client bears over one call

} // namespace

// xorshift64 (Marsaglia, 2003)
uint64_t Killer::below(uint64_t limit) {
    _random ^= _random << 13;
    _random ^= _random >> 7;
    _random ^= _random << 17;
    return _random % limit;
}

Result<void> Killer::start(std::string_view server, unsigned number) {
    char block[96];
    int const length = snprintf(block, sizeof(block), "server-deaths%cclient%c%.*s%c%u", '\0', '\0',
                                static_cast<int>(server.size()), server.data(), '\0', number);
    _running[_count] = TRY(_init.spawn({block, static_cast<size_t>(length) + 1}, 0, &_ended));
    ++_count;
    return {};
}

// A server that is about to be started again is left to that.
Result<void> Killer::kill(std::string_view server) {
    uint64_t position = 0;
    while (true) {
        auto const entry = TRY(_init.next_process(position));
        char const* const name = entry.information.name;
        bool const found = strnlen(name, sizeof(entry.information.name)) == server.size() &&
                           memcmp(name, server.data(), server.size()) == 0;
        if (found && entry.parent == 1)
            return _init.kill(static_cast<uint32_t>(entry.number));
    }
}

Result<void> Killer::collect(Tally& tally) {
    for (size_t i = 0; i < _count;) {
        uint32_t const process = _running[i];
        uint32_t asked[] = {process};
        if (TRY(_init.keep_ended(asked)) == 0) {
            ++i;
            continue;
        }
        auto const ending = TRY(_init.wait(process));
        auto const outcome = Outcome::of(ending.status);
        tally.interrupted += outcome.interrupted;
        bool const exited = ending.state == static_cast<uint64_t>(Process_state::exited);
        tally.all_finished = tally.all_finished && exited && outcome.finished;
        _running[i] = _running[--_count];
    }
    return {};
}

Result<Tally> Killer::run(std::span<std::string_view const> servers, uint64_t pause) {
    Tally tally;
    _ended = TRY(Notification::create());
    for (std::string_view const server : servers)
        for (unsigned i = 0; i < clients; ++i)
            TRY_VOID(start(server, i));
    uint64_t const deadline = after(patience);
    while (_count != 0 && now() < deadline) {
        uint64_t const wait =
            pause == never ? second : shortest_pause + below(pause - shortest_pause);
        static_cast<void>(_ended.wait(after(wait)));
        TRY_VOID(collect(tally));
        if (_count == 0 || pause == never)
            continue;
        if (kill(servers[below(servers.size())]).ok() && ++tally.kills % deaths_of_a_pace == 0)
            pause *= 2;
    }
    tally.all_finished = tally.all_finished && _count == 0;
    for (; _count != 0; --_count)
        static_cast<void>(_init.kill(_running[_count - 1]));
    _ended.reset();
    return tally;
}

} // namespace server_deaths
