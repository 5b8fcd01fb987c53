// SPDX-License-Identifier: MIT
// The console as its clients see it. Errors are those of console_protocol::Label, and those of
// endpoint_call.
#pragma once

#include <lavandin/call.hpp>
#include <lavandin/console_protocol.hpp>
#include <lavandin/environment.hpp>

namespace lavandin {

class Console_client {
public:
    // By default the one this process was given as `console`.
    explicit Console_client(Capability_index endpoint = environment().capability("console"))
        : _endpoint{endpoint} {}

    // Shows all of `text`; waits for room as long as it takes.
    Result<void> write(std::string_view text) const;

    // Shows `text` (at most maximum_bytes) if there is room now. Errors: busy when there is none.
    Result<void> write_now(std::string_view text) const;

    // Waits until the other side of the console has taken all text.
    Result<void> flush() const;

    struct Input {
        size_t bytes;
        console_protocol::Read_outcome outcome;
    };
    Result<Input> read(std::span<char> to) const;

    Result<void> set_mode(console_protocol::Mode mode) const;
    // Ctrl-C in cooked mode signals `interrupt`; nullptr takes it back.
    Result<void> set_interrupt(Notification const* interrupt) const;

private:
    Capability_index _endpoint;
};

} // namespace lavandin
