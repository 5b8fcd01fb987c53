// SPDX-License-Identifier: MIT
#include "shell.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string.h>

namespace lavandin::shell {

using console_protocol::Mode;

namespace {

// A console server that has died is back by then; one that refuses is not asked too often.
constexpr uint64_t pause_after_failure = 200 * millisecond;
constexpr unsigned maximum_failures = 10;

struct Built_in {
    char const* name;
    char const* about;
};

constexpr Built_in built_ins[] = {
    {"help", "this list"},
    {"history", "the last command lines"},
    {"exit [N]", "ends the shell, with status N"},
};

auto number(uint64_t value) { return static_cast<unsigned long long>(value); }

template <typename Action>
void for_each_program(Init_client const& init, Action action) {
    for (uint64_t i = 0;; ++i) {
        auto const entry = init.program(i);
        if (!entry.ok())
            return;
        action(entry.value());
    }
}

// The column of names is as wide as the longest: the manifest may have any.
size_t longest_name(Init_client const& init) {
    size_t longest = 0;
    for (Built_in const& each : built_ins)
        longest = std::max(longest, strlen(each.name));
    for_each_program(init, [&](init_protocol::Program_entry const& entry) {
        longest = std::max(longest, strlen(entry.name));
    });
    return longest;
}

} // namespace

Result<void> Shell::start() {
    _events = TRY(Notification::create());
    auto const signal = notification_permission::signal;
    _foreground_ended = TRY(_events.copy(signal, foreground_bit));
    _background_ended = TRY(_events.copy(signal, background_bit));
    _interrupt = TRY(_events.copy(signal, interrupt_bit));
    return _screen.console().set_interrupt(&_interrupt);
}

int Shell::run() {
    while (!_leave) {
        report_jobs();
        auto const outcome = edit();
        if (outcome == Line_editor::Outcome::line)
            obey(_editor.line());
        else if (outcome == Line_editor::Outcome::end)
            _leave = true;
    }
    return _status;
}

// In the form of bench/: the clock begins at the kernel's entry.
void Shell::report_start() {
    if (!_report_start)
        return;
    _report_start = false;
    auto const time = number(now());
    printf("\nBENCH {\"name\": \"kernel entry to the shell's prompt\", \"unit\": \"ticks\", "
           "\"iterations\": 1, \"min\": %llu, \"median\": %llu, \"max\": %llu}\n",
           time, time, time);
    fflush(stdout);
}

Line_editor::Outcome Shell::edit() {
    if (!_screen.console().set_mode(Mode::raw).ok())
        return console_failed();
    _editor.begin();
    auto const outcome = type_keys();
    _screen.flush();
    static_cast<void>(_screen.console().set_mode(Mode::cooked));
    return outcome;
}

// Keys behind the end of a line stay for the next one.
Line_editor::Outcome Shell::type_keys() {
    while (true) {
        for (size_t i = 0; i < _key_count; ++i) {
            auto const outcome = _editor.type(_keys[i]);
            if (outcome == Line_editor::Outcome::editing)
                continue;
            _key_count -= i + 1;
            memmove(_keys, _keys + i + 1, _key_count);
            return outcome;
        }
        _key_count = 0;
        _screen.flush();
        report_start();
        auto const input = _screen.console().read(_keys);
        if (!input.ok())
            return console_failed();
        _console_failures = 0;
        if (input.value().outcome == console_protocol::Read_outcome::interrupted)
            return Line_editor::Outcome::interrupted;
        if (input.value().outcome == console_protocol::Read_outcome::end)
            return Line_editor::Outcome::end;
        _key_count = input.value().bytes;
    }
}

// After a row of failures the shell ends; init starts another one.
Line_editor::Outcome Shell::console_failed() {
    sleep_for(pause_after_failure);
    if (++_console_failures == maximum_failures) {
        _status = 1;
        _leave = true;
    }
    return Line_editor::Outcome::interrupted;
}

std::string_view Shell::completion(std::string_view prefix, size_t index) {
    for (uint64_t i = 0;; ++i) {
        auto const entry = _init.program(i);
        if (!entry.ok())
            return {};
        _completion = entry.value();
        if (std::string_view{_completion.name}.starts_with(prefix) && index-- == 0)
            return _completion.name;
    }
}

void Shell::obey(std::string_view line) {
    Command command;
    if (!command.parse(line))
        _screen.print("shell: %s\n", command.reason());
    else if (!command.words().empty() && !built_in(command))
        run_program(command);
}

bool Shell::built_in(Command const& command) {
    std::string_view const name = command.words()[0];
    if (name == "help")
        help();
    else if (name == "history")
        show_history();
    else if (name == "exit")
        leave(command);
    else
        return false;
    return true;
}

void Shell::help() {
    auto const width = static_cast<int>(longest_name(_init));
    auto const line = [&](char const* name, char const* about) {
        _screen.print("  %-*s  %s\n", width, name, about);
    };
    _screen.show("Built in:\n");
    for (Built_in const& each : built_ins)
        line(each.name, each.about);
    _screen.show("Programs (a line that ends with & runs in the background):\n");
    for_each_program(
        _init, [&](init_protocol::Program_entry const& entry) { line(entry.name, entry.about); });
}

void Shell::show_history() {
    for (size_t back = _history.size(); back > 0; --back) {
        _screen.print("%5zu  ", _history.added() - back + 1);
        _screen.show(_history.at(back));
        _screen.show("\n");
    }
}

void Shell::leave(Command const& command) {
    uint64_t status = 0;
    bool const good =
        command.words().size() < 2 ||
        (command.words().size() == 2 && read_number(command.words()[1].data(), 255, status));
    if (!good)
        return _screen.show("usage: exit [STATUS from 0 to 255]\n");
    _status = static_cast<int>(status);
    _leave = true;
}

} // namespace lavandin::shell
