// SPDX-License-Identifier: MIT
#pragma once

#include "line_collector.hpp"
#include "rate_limit.hpp"

#include <lavandin/client_watch.hpp>
#include <lavandin/console_client.hpp>
#include <lavandin/log_protocol.hpp>
#include <lavandin/log_ring.hpp>
#include <lavandin/service.hpp>

namespace lavandin::log {

class Log_server {
public:
    static constexpr size_t storage_bytes = 32 * 1024;

    // Up to which positions the kernel's log and init's messages have been shown already.
    Log_server(uint64_t kernel_shown, uint64_t init_shown)
        : _kernel_shown{kernel_shown}, _init_shown{init_shown} {}

    void request(Request& request);
    // The kernel or init has logged something.
    void notified(uint64_t bits);

private:
    void write(Request& request);
    void read(Request& request);
    void take_kernel_log();
    void take_init_messages();
    void note(std::string_view name, std::string_view text);
    // Puts lines, which have their times and names already, into the ring.
    void keep(std::string_view text, Line_collector& collector);
    void show_lines(std::string_view text);
    void show(std::string_view text);

    char _storage[storage_bytes];
    Log_ring _ring{_storage};
    Rate_limit _limit;
    Line_collector _kernel_lines;
    Line_collector _init_lines;
    Line_collector _shown_lines;
    uint64_t _kernel_position{0};
    uint64_t _init_position{0};
    uint64_t _kernel_shown;
    uint64_t _init_shown;
    bool _gap{false}; // the console had no room for something
    System const _system{System::borrow(environment().capability("system"))};
    Console_client const _console;
};

} // namespace lavandin::log
