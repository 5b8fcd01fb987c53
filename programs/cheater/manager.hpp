// SPDX-License-Identifier: MIT
// A guest's manager that has no processors, and no scruples.
#pragma once

#include "servers/resource_manager/cooperation/transport.hpp"

#include <cooperation/stock_guest.h>
#include <lavandin/objects.hpp>

namespace cheater {

using lavandin::Result;

class Manager {
public:
    // Shows the other side pages of our own, in place of the resource manager's. Errors: those of
    // Transport::open and of the store.
    Result<void> open();

    // Takes what there is, refuses all reclaims and offers. `offered` tells that one is open.
    void turn(bool refuse_offers = true);
    bool joined() const { return _link.engine.state == COOP_GUEST_JOINED; }
    bool offered() const { return _link.engine.offer.sequence != 0; }
    uint32_t session() const { return _link.engine.session; }

    // A report of two busy processors, which claims so much busy time and demand.
    void report(uint64_t busy, uint32_t demand);
    void ask(uint16_t wanted);
    // Says that the second processor is given up, whether it is or not.
    void release();
    // Puts a message into the ring that no engine would; false when that is full.
    bool put(coop_message const& message);
    // The message that was put last.
    coop_message const& last() const;
    void edge() const { _transport.send_edge(); }
    coop_guest_page& own() { return _transport.own(); }
    coop_vmm_page& other() { return _transport.other(); }

private:
    Result<void> publish();
    void refuse(coop_type type);

    lavandin::Notification _bell;
    lavandin::resource_manager::Transport _transport;
    coop_stock_guest _link{};
};

} // namespace cheater
