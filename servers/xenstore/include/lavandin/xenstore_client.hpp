// SPDX-License-Identifier: MIT
// Xen's store as its clients see it. Errors are those of xenstore_protocol, and those of
// endpoint_call; invalid_capability where there is no store (in the initial domain).
#pragma once

#include <lavandin/call.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/xenstore_protocol.hpp>

namespace lavandin {

class Xenstore_client {
public:
    using Transaction = uint64_t;
    static constexpr Transaction no_transaction = 0;

    // By default the one this process was given as `xenstore`.
    explicit Xenstore_client(Capability_index endpoint = environment().capability("xenstore"))
        : _endpoint{endpoint} {}

    // Copies the value to `to` and answers its bytes; too_large when it does not fit.
    Result<size_t> read(std::string_view path, std::span<char> to,
                        Transaction transaction = no_transaction) const;
    Result<void> write(std::string_view path, std::string_view value,
                       Transaction transaction = no_transaction) const;
    Result<void> make_directory(std::string_view path,
                                Transaction transaction = no_transaction) const;
    Result<void> remove(std::string_view path, Transaction transaction = no_transaction) const;
    // Copies the names below `path`, each ended by a NUL, and answers their bytes together.
    Result<size_t> list(std::string_view path, std::span<char> to,
                        Transaction transaction = no_transaction) const;

    Result<void> watch(std::string_view path, uint64_t token, Notification const& changed) const;
    Result<void> unwatch(uint64_t token) const;
    struct Event {
        size_t bytes; // of the path
        uint64_t token;
    };
    // not_mapped when there is none now.
    Result<Event> next_event(std::span<char> path) const;

    Result<Transaction> begin() const;
    // busy: others changed the same; begin again.
    Result<void> commit(Transaction transaction) const;
    Result<void> abort(Transaction transaction) const;

    // The number by which Xen knows this domain, as the store has it.
    Result<uint32_t> domain_id() const;

private:
    Result<Message_reader> ask(xenstore_protocol::Label label, std::string_view path,
                               std::string_view value, uint64_t word) const;

    Capability_index _endpoint;
};

} // namespace lavandin
