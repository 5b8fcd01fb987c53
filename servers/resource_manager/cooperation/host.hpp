// SPDX-License-Identifier: MIT
// What cooperation wants of the machine it runs on. In the server that is the server; in tests it
// is made up. Times are of the protocol's clock.
#pragma once

#include "observation.hpp"

#include <lavandin/abi/error.hpp>
#include <lavandin/resource_manager_protocol.hpp>
#include <string_view>

namespace lavandin::resource_manager {

using abi::Processor_action;
using abi::Processor_state;
using resource_manager_protocol::Outcome;

class Cooperation_host {
public:
    virtual uint64_t now() = 0;
    // Has the other side look.
    virtual void notify() = 0;
    // `threads`: also the threads one by one, which costs more.
    virtual void observe(Observation& observation, bool threads) = 0;
    virtual Processor_state state(uint64_t number) = 0;
    // Whether it may be taken into use: the toolstack has not taken it away.
    virtual bool available(uint64_t number) = 0;
    // Begins a transition, to end by `deadline`. False when another of that processor is under way;
    // otherwise Cooperation::ended tells, perhaps before this returns.
    virtual bool begin(uint64_t number, Processor_action action, uint64_t deadline) = 0;
    virtual void log(std::string_view line) = 0;

protected:
    ~Cooperation_host() = default;
};

} // namespace lavandin::resource_manager
