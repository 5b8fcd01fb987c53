// SPDX-License-Identifier: MIT
// Init as its clients see it. Errors are those of init_protocol::Label, and those of endpoint_call.
#pragma once

#include <lavandin/call.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/init_protocol.hpp>
#include <lavandin/objects.hpp>

namespace lavandin {

class Init_client {
public:
    using Process_number = init_protocol::Process_number;

    // By default the one this process was given as `init`.
    explicit Init_client(Capability_index endpoint = environment().capability("init"))
        : _endpoint{endpoint} {}

    // `block`: the words, each ended by a NUL, the program's name first. `ended` (or nullptr) is
    // signalled when the process ends.
    Result<Process_number> spawn(std::string_view block, uint64_t flags = 0,
                                 Notification const* ended = nullptr) const;
    Result<init_protocol::Ending> wait(Process_number process) const;
    Result<void> kill(Process_number process) const;

    // `position`: 0 at first; moves on.
    Result<init_protocol::Process_entry> next_process(uint64_t& position) const;
    Result<init_protocol::Program_entry> program(uint64_t index) const;
    // For Process_watch (accounts.hpp).
    Result<Memory> accounts(Process_number process) const;

    // Does not return when it succeeds. `way`: Shutdown or default_shutdown.
    Result<void> shut_down(uint64_t way = init_protocol::default_shutdown) const;

    // For servers. `ended` is signalled whenever a process ends.
    Result<void> watch_endings(Notification&& ended) const;
    // Writes to the front of `clients` (at most 256) those that have ended; answers how many.
    Result<size_t> keep_ended(std::span<Process_number> clients) const;

    // Init's own messages: whole lines from `position` on, which moves on; 0 when there is no more.
    Result<size_t> messages(uint64_t& position, std::span<char> to) const;

    // What outlives this server, see init_protocol::Label::keep. `capability` (or nullptr) is
    // copied.
    Result<void> keep(uint64_t key, std::string_view text,
                      Capability const* capability = nullptr) const;
    struct Kept {
        uint64_t key;
        size_t bytes; // of the text
        Capability capability;
    };
    // `position`: 0 at first; moves on. `text`: at least maximum_kept_bytes.
    Result<Kept> next_kept(uint64_t& position, std::span<char> text) const;
    Result<void> forget(uint64_t key) const;

    struct Name {
        char text[17];
    };
    Result<Name> name(Process_number process) const;

private:
    Capability_index _endpoint;
};

} // namespace lavandin
