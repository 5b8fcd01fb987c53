// SPDX-License-Identifier: MIT
#pragma once

#include "client_service.hpp"
#include "shutdown_watch.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/clock.hpp>
#include <lavandin/input_pace.hpp>
#include <lavandin/interrupt_pace.hpp>
#include <lavandin/log_client.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/service.hpp>

namespace lavandin::xenstore {

class Xenstore_server final : private Client_service::Clients {
public:
    // Bits of the notification that arrives at the endpoint.
    static constexpr uint64_t interrupt_bit = 1;
    static constexpr uint64_t ended_bit = 2;

    // `state` outlives the server; `generation` counts those who had it, from 1.
    Xenstore_server(Mapping&& page, Interrupt&& interrupt, Mapping&& state, uint32_t generation)
        : _page{static_cast<Mapping&&>(page)}, _interrupt{static_cast<Interrupt&&>(interrupt)},
          _state{static_cast<Mapping&&>(state)}, _connection{*_page.as<xenstore_domain_interface>(),
                                                             *_state.as<Ring_progress>(),
                                                             {generation}},
          _service{_connection, *this, generation << serial_shift} {}

    // Registers what is watched from the beginning, and what clients of a predecessor watch.
    void start();

    void request(Request& request);
    void notified(uint64_t bits);
    // When to come to notified() without a bit.
    uint64_t deadline();

private:
    // A store that fills the ring without pause leaves others this much time at least.
    static constexpr uint64_t pause = millisecond;
    static constexpr unsigned serial_shift = 20; // watches and transactions of one server

    void answer(size_t place, Error error, std::string_view text, uint64_t word) override;
    void established(Watch const& watch, size_t place) override;
    void changed(size_t watch) override;
    void forgotten(Watch const& watch, size_t place) override;

    void inherit();
    void inherit(Init_client::Kept& kept, std::string_view text);
    void report_refusal();
    void next_event(Request& request);
    void ask(Request& request, Client_service::Question const& question);
    Result<size_t> ask_with_notification(Request& request,
                                         Client_service::Question const& question);
    void forget_ended();
    void check_time();
    bool turn();
    void pump();
    void acknowledge();
    void mend();
    void obey(Order order);

    Mapping _page;
    Interrupt _interrupt;
    Mapping _state;
    Connection _connection;
    Shutdown_watch _shutdown;
    std::array<Deferred_answer, Requests::maximum> _waiting;
    std::array<Notification, Watches::maximum> _notifications;
    Client_service _service;
    uint64_t _resume{forever}; // when to look at the ring again after a flood
    uint64_t _mend{forever};   // when to try a lost connection again
    bool _reported{false};
    uint32_t _refusal{0}; // what the store has said in the page, as far as reported
    Input_pace<Connection::bytes_at_once> _input_pace;
    Interrupt_pace _pace;
    uint64_t _hold{0}; // in a storm: when the interrupt may come again
    Init_client const _init;
    Log_client const _log;
};

} // namespace lavandin::xenstore
