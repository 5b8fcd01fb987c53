// SPDX-License-Identifier: MIT
// One offer or reclaim, from when it is followed until what became of it is known: chooses among
// the processors that it names, begins transitions, takes others where some are refused.
//
//   idle --begin--> following --all tried or enough moved--> complete --end--> idle
#pragma once

#include "host.hpp"

#include <cooperation/message.h>
#include <cooperation/reasons.h>
#include <cooperation/types.h>

namespace lavandin::resource_manager {

coop_reason coop_reason_of(abi::Error error);

class Move {
public:
    enum class Kind : uint8_t { offer, reclaim };

    struct Plan {
        unsigned count;     // how many to move: all that are asked for, or fewer
        coop_manner manner; // of a reclaim: park or stop
        uint64_t until;     // when the last transition has to have ended
    };
    void begin(Kind kind, coop_transfer const& transfer, Plan const& plan);
    bool active() const { return _active; }
    // Begins what can be begun.
    void go(Cooperation_host& host);
    void ended(uint64_t number, Outcome const& outcome, Cooperation_host& host);
    bool complete() const { return _active && _moving == 0 && (enough() || _candidates == 0); }
    void end() { _active = false; }

    // Processors that moved or are about to.
    uint64_t concerned() const { return _active ? _moved | _moving : 0; }
    uint64_t moved() const { return _moved; }
    // What to say, when complete. `online`: those in use now.
    coop_reply reply(uint64_t online) const;

private:
    bool enough() const;
    bool chosen(Processor_state state, unsigned round) const;
    uint64_t choose(Cooperation_host& host) const;
    void try_one(uint64_t number, Cooperation_host& host);
    void take(uint64_t number, Processor_state state, Cooperation_host& host);
    void give(uint64_t number, Processor_state state, Cooperation_host& host);
    bool last(uint64_t number, Cooperation_host& host) const;
    void start(uint64_t number, Processor_action action, Cooperation_host& host);
    void refused(uint64_t number, coop_reason reason, uint64_t detail = 0);

    bool _active{false};
    Kind _kind{};
    unsigned _asked{0};
    Plan _plan{};
    uint64_t _candidates{0}; // not tried yet
    uint64_t _moving{0};
    uint64_t _moved{0};
    // The refusal that says most: the latest that is not merely `busy`.
    coop_reason _reason{};
    uint64_t _processor{0};
    uint64_t _detail{0};
};

} // namespace lavandin::resource_manager
