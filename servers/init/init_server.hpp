// SPDX-License-Identifier: MIT
#pragma once

#include "command_line.hpp"
#include "keepsakes.hpp"
#include "launcher.hpp"
#include "machine_end.hpp"
#include "messages.hpp"
#include "restart_policy.hpp"

#include <lavandin/server.hpp>

namespace lavandin::init {

class Init_server {
public:
    Init_server(abi::Boot_information const& boot, abi::Boot_image const& image,
                Manifest const& manifest, Messages& messages);

    // Starts all servers of the manifest, then the program that the command line names. Errors:
    // those of the kernel; what went wrong has been said then.
    Result<void> start();

    Endpoint const& endpoint() const { return _services.init(); }

    void request(Request& request);
    // A process has ended, or deadline() has passed.
    void notified(uint64_t bits);
    // When something is to be started again; forever when nothing is.
    uint64_t deadline() const;

    // The system cannot go on: ends the machine as a crash, once the console has shown what there
    // was to say. Init goes on serving meanwhile.
    void give_up() { end_machine(Shutdown::crash); }

private:
    // A server that wants to know when processes end.
    struct Watcher {
        Process_number server{0}; // 0: this place is free
        Notification notification;
    };

    void spawn(Request& request);
    void wait(Request& request);
    void kill(Request& request);
    void list(Request& request);
    static void list_init(Request& request);
    void shut_down(Request& request);
    void watch_endings(Request& request);
    void ended(Request& request);
    void programs(Request& request);
    void name(Request& request);
    void messages(Request& request);
    void keep(Request& request);
    void kept(Request& request);
    void accounts(Request& request);
    void forget(Request& request);

    // What init knows of a server, whether it runs or not.
    struct Supervised {
        Restart_policy policy;
        uint64_t restart_at{Restart_policy::never};
        uint32_t generation{0}; // how often it has been started
        uint64_t quota{0};      // bytes
        Process pool;           // whose quota pays for what the server gives out; may be none
        Memory state;           // may be none
    };
    Supervised& supervised(Section const& section) {
        return _supervised[static_cast<size_t>(&section - _manifest.sections().data())];
    }

    Result<void> check_memory() const;
    void install_policies() const;
    Result<void> start_server(Section const& section);
    static Result<void> make_lasting(Section const& section, Supervised& server);
    void give_up(Section const& section);
    void restart_due();
    Section const* server_that_asks(Request const& request);
    Result<void> start_main_program();
    uint64_t kernel_log_end() const;
    Result<Process_record*> start_process(Section const& section, std::string_view file,
                                          Process_number parent, uint64_t quota,
                                          std::string_view block, uint64_t console_roles);

    void process_ended(Process_record& record);
    void server_ended(Process_record& record);
    void main_program_ended(Process_record& record);
    void restart_main_program();
    void tell_parent(Process_record& record);
    void adopt_children(Process_number parent);
    void signal_watchers();
    void announce_messages();
    void say_ending(Process_record const& record);

    void end_machine(Shutdown way);
    static bool may_end(Request const& request, Process_record const& record);

    abi::Boot_information const& _boot;
    Manifest const& _manifest;
    Messages& _messages;
    Command_line const _command_line;
    Services _services;
    Groups _groups;
    Launcher const _launcher;
    Process_table _processes;
    Notification _ended; // arrives at our endpoint whenever a process ends
    std::array<Watcher, 16> _watchers;
    uint64_t _announced{0}; // messages that the watchers have been signalled for
    std::array<Supervised, Manifest::maximum_sections> _supervised; // by place in the manifest
    Keepsakes _keepsakes;
    Process_number _main_program{0};
    uint64_t _main_program_start{0}; // nanoseconds
    unsigned _quick_failures{0};     // of the main program, in a row
    uint64_t _restart_at{forever};   // nanoseconds
    Machine_end _machine_end;
    std::array<Deferred_answer, 4> _enders; // callers of shut_down, who are not answered
};

} // namespace lavandin::init
