// SPDX-License-Identifier: MIT
// The part of the shell that runs programs.
#include "shell.hpp"

#include <algorithm>
#include <lavandin/usage.hpp>

namespace lavandin::shell {

using init_protocol::Ending;

namespace {

// Names of the exceptions a program can cause (Intel SDM, volume 3, table 6-1).
char const* exception_name(uint64_t vector) {
    switch (vector) {
    case 0:
        return "division error";
    case 1:
        return "debug exception";
    case 3:
        return "breakpoint";
    case 4:
        return "overflow";
    case 6:
        return "invalid instruction";
    case 12:
        return "stack fault";
    case 13:
        return "protection fault";
    case 14:
        return "page fault";
    case 16:
    case 19:
        return "floating-point error";
    case 17:
        return "misaligned access";
    default:
        return "exception";
    }
}

// Page faults' error code (Intel SDM, volume 3, section 4.7): bit 1 write, bit 4 instruction fetch.
char const* access_name(uint64_t code) {
    if ((code & 1 << 4) != 0)
        return "executing";
    return (code & 1 << 1) != 0 ? "writing" : "reading";
}

char const* why_not_started(Error error) {
    return error == Error::not_supported ? "not a valid program; `dmesg` tells more"
                                         : text_of(error);
}

auto number(uint64_t value) { return static_cast<unsigned long long>(value); }

} // namespace

void Shell::run_program(Command const& command) {
    _screen.flush();
    if (command.background())
        run_in_background(command);
    else
        run_in_foreground(command);
}

void Shell::run_in_foreground(Command const& command) {
    std::string_view const name = command.words()[0];
    // Each time anew: the console server may have been started again.
    static_cast<void>(_screen.console().set_interrupt(&_interrupt));
    // A Ctrl-C that was meant for an earlier program is forgotten.
    static_cast<void>(_events.wait(at_once));
    auto const process = _init.spawn(command.block(), 0, &_foreground_ended);
    if (process.ok())
        report_ending(name, wait_for(process.value()));
    else
        _screen.print("%s: %s\n", name.data(), why_not_started(process.error()));
}

Ending Shell::wait_for(Process_number process) {
    while (true) {
        uint64_t const bits = _events.wait().value();
        if ((bits & foreground_bit) != 0)
            break;
        if ((bits & interrupt_bit) != 0)
            static_cast<void>(_init.kill(process));
    }
    auto const ending = _init.wait(process);
    return ending.ok() ? ending.value() : Ending{};
}

void Shell::run_in_background(Command const& command) {
    std::string_view const name = command.words()[0];
    auto const place =
        std::find_if(_jobs.begin(), _jobs.end(), [](Job const& job) { return job.process == 0; });
    if (place == _jobs.end())
        return _screen.show("shell: too many jobs in the background\n");
    auto const process =
        _init.spawn(command.block(), init_protocol::spawn_in_background, &_background_ended);
    if (!process.ok())
        return _screen.print("%s: %s\n", name.data(), why_not_started(process.error()));
    *place = {process.value(), {}};
    std::copy_n(name.begin(), std::min(name.size(), sizeof(place->name) - 1), place->name);
    _screen.print("[%u] %s\n", process.value(), name.data());
}

void Shell::report_jobs() {
    for (Job& job : _jobs) {
        Process_number process[] = {job.process};
        if (job.process == 0 || !_init.keep_ended(process).ok())
            continue;
        if (_init.keep_ended(process).value() == 0)
            continue;
        auto const ending = _init.wait(job.process);
        _screen.print("[%u] %s has ended\n", job.process, job.name);
        if (ending.ok())
            report_ending(job.name, ending.value());
        job = {};
    }
}

void Shell::report_ending(std::string_view name, Ending const& ending) {
    switch (static_cast<Process_state>(ending.state)) {
    case Process_state::faulted:
        _screen.print("%s: %s%s at %#llx", name.data(),
                      ending.stack_overflow ? "stack overflow, " : "",
                      exception_name(ending.status), number(ending.fault_instruction));
        if (ending.status == 14)
            _screen.print(", %s %#llx", access_name(ending.fault_code),
                          number(ending.fault_address));
        return _screen.show("\n");
    case Process_state::killed:
        return _screen.print("%s: ended by request\n", name.data());
    default:
        if (ending.status != 0)
            _screen.print("%s: status %llu\n", name.data(), number(ending.status));
    }
}

} // namespace lavandin::shell
