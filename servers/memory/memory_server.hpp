// SPDX-License-Identifier: MIT
#pragma once

#include "accounts.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/memory_protocol.hpp>
#include <lavandin/service.hpp>

namespace lavandin::memory {

class Memory_server {
public:
    // `pool` pays for what is given out. One client may hold at most half of it, so that others can
    // go on.
    Memory_server(Process&& pool, uint64_t total, Accounts::Regions& regions)
        : _pool{static_cast<Process&&>(pool)}, _accounts{total / 2, regions} {}

    void request(Request& request);
    // A process has ended: its memory comes back.
    void notified(uint64_t bits);

private:
    void allocate(Request& request);
    void release(Request& request);
    void totals(Request& request);

    uint64_t given_out() const;

    Process const _pool;
    Accounts _accounts;
    System const _system{System::borrow(environment().capability("system"))};
};

} // namespace lavandin::memory
