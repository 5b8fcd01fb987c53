// SPDX-License-Identifier: MIT
// The log as its clients see it. Errors are those of log_protocol::Label, and those of
// endpoint_call.
#pragma once

#include <lavandin/call.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/log_protocol.hpp>

namespace lavandin {

class Log_client {
public:
    // By default the one this process was given as `log`.
    explicit Log_client(Capability_index endpoint = environment().capability("log"))
        : _endpoint{endpoint} {}

    // One line; what is longer than maximum_bytes is cut off.
    Result<void> write(std::string_view text) const;

    // Whole lines from `position` (0 at first) on, which moves on; 0 bytes when there is no more.
    Result<size_t> read(uint64_t& position, std::span<char> to) const;

private:
    Capability_index _endpoint;
};

} // namespace lavandin
