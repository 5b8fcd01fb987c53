// SPDX-License-Identifier: MIT
// Clients of servers that die.
#pragma once

#include <lavandin/abi/result.hpp>
#include <string_view>

namespace server_deaths {

inline constexpr unsigned requests = 100; // of each kind that one client makes

// What a client's exit status says.
struct Outcome {
    bool finished;
    unsigned interrupted; // requests that the server died over

    static constexpr Outcome of(uint64_t status) {
        return {(status & 1) == 0, static_cast<unsigned>(status >> 1)};
    }
    constexpr int status() const {
        return static_cast<int>(interrupted << 1 | (finished ? 0u : 1u));
    }
};

// Runs as a client of the server of that name. `number` tells clients of one server apart.
Outcome run_client(std::string_view server, unsigned number);

} // namespace server_deaths
