// SPDX-License-Identifier: MIT
#pragma once

#include "command.hpp"
#include "line_editor.hpp"
#include "screen.hpp"

#include <array>
#include <lavandin/init_client.hpp>

namespace lavandin::shell {

class Shell final : private Terminal {
public:
    // With `report_start` it says, behind its first prompt, when that was.
    explicit Shell(bool report_start = false) : _report_start{report_start} {}

    // Errors: those of notification_create and capability_copy.
    Result<void> start();

    // Reads and runs commands until `exit` or the end of input; answers the status for main().
    int run();

private:
    using Process_number = Init_client::Process_number;

    // Bits of `_events`.
    static constexpr uint64_t foreground_bit = 1;
    static constexpr uint64_t background_bit = 2;
    static constexpr uint64_t interrupt_bit = 4;

    void show(std::string_view text) override { _screen.show(text); }
    std::string_view completion(std::string_view prefix, size_t index) override;

    void report_start();
    Line_editor::Outcome edit();
    Line_editor::Outcome type_keys();
    Line_editor::Outcome console_failed();
    void obey(std::string_view line);
    bool built_in(Command const& command);
    void help();
    void show_history();
    void leave(Command const& command);

    void run_program(Command const& command);
    void run_in_foreground(Command const& command);
    void run_in_background(Command const& command);
    init_protocol::Ending wait_for(Process_number process);
    void report_jobs();
    void report_ending(std::string_view name, init_protocol::Ending const& ending);

    struct Job {
        Process_number process{0}; // 0: this place is free
        char name[16]{};
    };

    Screen _screen;
    Init_client const _init;
    History _history;
    Line_editor _editor{*this, _history, "lavandin> "};
    Notification _events;
    Notification _foreground_ended; // the same, with bits as badges
    Notification _background_ended;
    Notification _interrupt;
    std::array<Job, 8> _jobs;
    init_protocol::Program_entry _completion{};
    char _keys[128];
    size_t _key_count{0};
    unsigned _console_failures{0}; // in a row
    bool _report_start;            // still to be done
    bool _leave{false};
    int _status{0};
};

} // namespace lavandin::shell
