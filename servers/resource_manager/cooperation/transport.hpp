// SPDX-License-Identifier: MIT
// The stock transport's means: two pages that machine 0 may map, and a channel to it. All of it
// goes with the process: who comes after makes new ones, and the kernel ends grants that machine 0
// still uses as soon as it lets go.
#pragma once

#include <cooperation/page.h>
#include <lavandin/grant.hpp>
#include <lavandin/mapping.hpp>

namespace lavandin::resource_manager {

class Transport {
public:
    // `edge` is signalled when the other side wants us to look. Needs a System with *grants*.
    // Errors: those of allocate_memory, grant_create, channel_create, interrupt_bind.
    Result<void> open(System const& system, Notification const& edge);

    coop_guest_page& own() const { return *_own.as<coop_guest_page>(); }
    coop_vmm_page& other() const { return *_other.as<coop_vmm_page>(); }

    Grant_reference own_reference() const { return _own_grant.reference(); }
    Grant_reference other_reference() const { return _other_grant.reference(); }
    uint64_t port() const { return _port; }

    // Before looking: edges that come from here on count.
    void clear_edge() const { static_cast<void>(_channel.acknowledge()); }
    void send_edge() const { static_cast<void>(_channel.raise()); }

private:
    Allocated_memory _memory; // outlives its mappings
    Mapping _own;
    Mapping _other;
    Grant _own_grant;
    Grant _other_grant;
    Interrupt _channel;
    uint64_t _port{0};
};

} // namespace lavandin::resource_manager
