// SPDX-License-Identifier: MIT
// Finding the VMM side by XenStore (docs/cooperation-protocol.md, Finding each other): writes below
// data/cooperation what it needs to know, `state` last; hears of cooperation/state.
//
// The store may be slow or silent, so a thread of its own talks to it. While nothing changes there
// it sleeps.
#pragma once

#include "transport.hpp"

#include <lavandin/log_client.hpp>
#include <lavandin/mutex.hpp>
#include <lavandin/thread.hpp>
#include <lavandin/xenstore_client.hpp>

namespace lavandin::resource_manager {

class Rendezvous {
public:
    // `changed` is signalled when the VMM side has said something.
    explicit Rendezvous(Notification&& changed) : _signal{static_cast<Notification&&>(changed)} {}

    // Errors: those of Notification, Xenstore_client::watch and Thread::start.
    Result<void> start(Transport const& transport, uint64_t priority);

private:
    static constexpr uint64_t stack_bytes = 16 * 1024;
    static constexpr uint64_t watch_token = 1;

    static void work(void* self);
    Result<void> write_all();
    void wait_for_predecessor();
    Result<void> write(std::string_view key, uint64_t number);
    Result<std::string_view> read_state();
    void look();

    Notification const _signal; // the server's
    Notification _wake;         // of our thread
    Transport const* _transport{nullptr};
    Xenstore_client const _store;
    Log_client const _log;
    Thread _thread;
    char _state[128];
    bool _complained{false};
};

} // namespace lavandin::resource_manager
