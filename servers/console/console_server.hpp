// SPDX-License-Identifier: MIT
#pragma once

#include "backend.hpp"
#include "line_discipline.hpp"
#include "output.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/service.hpp>

namespace lavandin::console {

class Console_server final : private Line_discipline::Echo {
public:
    // Bits of the notification that arrives at the endpoint.
    static constexpr uint64_t interrupt_bit = 1;
    static constexpr uint64_t ended_bit = 2;

    explicit Console_server(Backend& backend) : _backend{backend} {}

    void request(Request& request);
    void notified(uint64_t bits);

private:
    struct Reader {
        Deferred_answer answer;
        size_t bytes{0};
    };

    void write(Request& request);
    void read(Request& request);
    void set_mode(Request& request);
    void set_interrupt(Request& request);
    void flush(Request& request);

    void show(std::string_view text) override;
    void take_input();
    void interrupted();
    void deliver();
    Result<void> answer_reader(Reader& reader);
    void pump();
    void answer_writers();
    void answer_flushers();
    void report_faults();
    void forget_ended();

    // Those who wait keep a place until they are answered; a request that finds none is refused.
    std::array<Deferred_answer, 32> _writers;
    std::array<Deferred_answer, 4> _flushers;
    std::array<Reader, 8> _readers;
    size_t _waiting_readers{0}; // at the front, the oldest first

    Backend& _backend;
    Output _output;
    Line_discipline _discipline;
    uint64_t _reported_faults{0};
    uint32_t _mode_owner{0};      // the client that asked for raw mode
    uint32_t _interrupt_owner{0}; // the client that wants to hear of Ctrl-C
    Notification _interrupt;
};

} // namespace lavandin::console
