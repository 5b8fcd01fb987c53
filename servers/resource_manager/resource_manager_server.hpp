// SPDX-License-Identifier: MIT
#pragma once

#include "cooperation/cooperating.hpp"
#include "toolstack.hpp"
#include "transitions.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/log_client.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/service.hpp>

namespace lavandin::resource_manager {

using Client = uint32_t; // process number

// What outlives the server.
struct Lasting {
    uint64_t started; // 1 once the processors there were at boot have been started
    uint64_t given;   // processors that are out of use by cooperation
    Wish wishes[maximum_processors];
};

class Resource_manager_server final : public Mover {
public:
    // Bits of the notification that arrives at the endpoint.
    static constexpr uint64_t transition_bit = 1;
    static constexpr uint64_t toolstack_bit = 2;
    static constexpr uint64_t ended_bit = 4;
    static constexpr uint64_t edge_bit = 8; // from the VMM side
    static constexpr uint64_t rendezvous_bit = 16;

    struct Setup {
        Processor_objects processors;
        Notification transition_ended;
        Notification toolstack_changed;
        Mapping state; // of one Lasting
        Notification edge;
        Notification met; // the VMM side, in the store
        uint64_t priority;
        uint64_t thread; // identifier of the one that serves
    };
    explicit Resource_manager_server(Setup&& setup);

    // Takes over from a predecessor, or starts at most so many of what the machine has.
    // Errors: those of Transitions::start.
    Result<void> start(uint64_t most);

    void request(Request& request);
    void notified(uint64_t bits);
    // When to come to notified() without a bit.
    uint64_t deadline();

    // For cooperation.
    bool begin(uint64_t number, Processor_action action, uint64_t deadline) override;
    bool available(uint64_t number) override;

private:
    static constexpr uint64_t longest_wish = uint64_t{24} * 3600 * 1'000'000'000;

    struct Caller {
        Client client{0}; // 0: nobody, it is for a wish
        Deferred_answer answer;
    };

    void list(Request& request);
    void cooperation_state(Request& request);
    void ask_other_side(Request& request, bool give);
    void answer_asked();
    void act(Request& request, Processor_action action);
    void unpark(Request& request);
    void defer(Request& request, uint64_t number, Processor_action action);
    size_t waiting_of(Client client) const;

    void boot(uint64_t most);
    void ask(uint64_t number, Availability availability);
    void look_at_toolstack();
    void advance(uint64_t number);
    void advance_due();
    void advance_all();
    bool step(uint64_t number, Processor_action action);
    bool nothing_undoes(uint64_t number);
    void take_back(uint64_t number);
    void transition_ended(Transitions::Ended& ended);
    void settle(uint64_t number, Processor_action action, Outcome const& outcome);
    void answer(uint64_t number, Outcome const& outcome);
    void forget_ended();
    void report(uint64_t number);
    void log_refusal(uint64_t number, Outcome const& before);

    Wish& wish(uint64_t number) { return _lasting.wishes[number]; }

    Processor_objects const _processors;
    Transitions _transitions;
    Toolstack _toolstack;
    Mapping const _state;
    Lasting& _lasting;
    uint64_t const _priority;
    std::array<Caller, maximum_processors> _callers;
    std::array<Retry, maximum_processors> _retries;
    Init_client const _init;
    Log_client const _log;
    Cooperating _cooperating;
    Caller _asker; // waits for the VMM side's answer
};

} // namespace lavandin::resource_manager
