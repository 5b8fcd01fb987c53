// SPDX-License-Identifier: MIT
#pragma once

#include "backend.hpp"
#include "line_discipline.hpp"
#include "output.hpp"
#include "waiting_calls.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/clock.hpp>
#include <lavandin/input_pace.hpp>
#include <lavandin/interrupt_pace.hpp>
#include <lavandin/service.hpp>

namespace lavandin::console {

class Console_server final : private Line_discipline::Echo {
public:
    // Bits of the notification that arrives at the endpoint.
    static constexpr uint64_t interrupt_bit = 1;
    static constexpr uint64_t ended_bit = 2;
    using Key_pace = Input_pace<1024>; // a whole ring of Xen's at a time

    explicit Console_server(Backend& backend) : _backend{backend} {}

    // Takes over whose keyboard mode holds and who hears of Ctrl-C. What a predecessor had not
    // shown, and keys that nobody had read, went with it.
    void inherit();

    void request(Request& request);
    void notified(uint64_t bits);
    // When to come to notified() without a bit.
    uint64_t deadline() const;

private:
    // A backend that takes nothing for so long is given up until it does: nobody waits for it.
    static constexpr uint64_t patience = 10 * second;

    // Under which init keeps them for a successor.
    enum Kept : uint64_t { kept_mode = 1, kept_interrupt = 2 };
    struct Kept_state {
        uint64_t owner;
        uint64_t mode; // Mode; of kept_mode
    };

    using Client = init_protocol::Process_number;

    void write(Request& request);
    void read(Request& request);
    void set_mode(Request& request);
    void set_interrupt(Request& request);
    void flush(Request& request);

    void show(std::string_view text) override;
    void take_input();
    void type(std::string_view keys);
    void interrupted();
    void deliver();
    void answer_reader();
    void pump();
    void answer_writers();
    void answer_flushers();
    void report_faults();
    void watch_backend(bool moved);
    void acknowledge();
    bool send();
    void lose();
    void report_loss();
    void forget_ended();
    void forget(Client client);
    void inherit(Init_client::Kept& kept, Kept_state const& state);
    void keep(Kept key, Kept_state const& state, Capability const* capability) const;

    // Those who wait keep a place until they are answered or have ended; a request that finds none
    // is refused. Two readers of one client: its threads share what is typed anyway.
    Waiting_calls<32, 8> _writers;
    Waiting_calls<4, 2> _flushers;
    Waiting_calls<8, 2> _readers;

    Backend& _backend;
    Output _output;
    Line_discipline _discipline;
    uint64_t _reported_faults{0};
    uint64_t _give_up{forever}; // when to give a backend up that has text to take
    size_t _lost{0};            // bytes, since it was given up
    bool _given_up{false};
    Interrupt_pace _pace;
    uint64_t _hold{0}; // in a storm: when the interrupt may come again
    Key_pace _key_pace;
    uint64_t _more_input{forever}; // in a flood: when to look at the ring again
    Client _mode_owner{0};         // that asked for raw mode; 0 for none
    Client _interrupt_owner{0};    // that wants to hear of Ctrl-C
    Notification _interrupt;
};

} // namespace lavandin::console
