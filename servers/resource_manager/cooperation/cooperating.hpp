// SPDX-License-Identifier: MIT
// Cooperation on this machine: its engine with pages, channel, store and clock around it.
#pragma once

#include "cooperation.hpp"
#include "observer.hpp"
#include "rendezvous.hpp"
#include "steady_policy.hpp"

#include <lavandin/interrupt_pace.hpp>

namespace lavandin::resource_manager {

// Who moves processors: the server. Times are of our clock.
class Mover {
public:
    // False when another transition of the processor is under way. Its end is told by
    // Cooperating::ended, perhaps before this returns.
    virtual bool begin(uint64_t number, Processor_action action, uint64_t deadline) = 0;
    // Whether the toolstack has left it to us.
    virtual bool available(uint64_t number) = 0;

protected:
    ~Mover() = default;
};

class Cooperating final : private Cooperation_host {
public:
    struct Around {
        Processor_objects const& processors;
        Init_client const& init;
        Log_client const& log;
        Mover& mover;
        uint64_t& given;
        uint64_t thread; // identifier of the one that calls us
    };
    // `edge`: signalled by the VMM side; `met`: when it has written to the store.
    Cooperating(Around const& around, Notification&& edge, Notification&& met);

    // Shows the machine as ready to cooperate. Without it nothing else here does anything.
    // Errors: those of Transport::open and Rendezvous::start.
    Result<void> start(uint64_t priority);

    void look(bool edge);
    // When to look without an edge, by our clock.
    uint64_t deadline();
    void ended(uint64_t number, Outcome const& outcome);
    Cooperation& engine() { return _engine; }
    // With moments of our clock.
    Cooperation_state state();

private:
    uint64_t now() override;
    void notify() override { _transport.send_edge(); }
    void observe(Observation& observation, bool threads) override {
        _observer.observe(observation, threads);
    }
    Processor_state state(uint64_t number) override { return _observer.state(number); }
    bool available(uint64_t number) override {
        return state(number) != Processor_state::absent && _around.mover.available(number);
    }
    bool begin(uint64_t number, Processor_action action, uint64_t deadline) override;
    void log(std::string_view line) override { static_cast<void>(_around.log.write(line)); }

    Around const _around;
    Notification const _edge;
    Interrupt_pace _pace;
    uint64_t _clear_edge_at{forever}; // `forever`: there is none
    Transport _transport;
    Rendezvous _rendezvous;
    Observer _observer;
    Steady_policy _policy;
    Cooperation _engine;
};

} // namespace lavandin::resource_manager
