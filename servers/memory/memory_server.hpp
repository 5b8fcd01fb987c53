// SPDX-License-Identifier: MIT
#pragma once

#include "accounts.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/memory_protocol.hpp>
#include <lavandin/service.hpp>

namespace lavandin::memory {

class Memory_server {
public:
    // One client may hold at most half of what there is, so that others can go on.
    explicit Memory_server(uint64_t total) : _accounts{total / 2} {}

    void request(Request& request);
    // A process has ended: its memory comes back.
    void notified(uint64_t bits);

private:
    void allocate(Request& request);
    void release(Request& request);
    void totals(Request& request);

    Accounts _accounts;
    System const _system{System::borrow(environment().capability("system"))};
};

} // namespace lavandin::memory
