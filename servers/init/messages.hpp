// SPDX-License-Identifier: MIT
// What init has to say. Init calls nobody, so that no server can hold it up: before the log
// server runs it writes by itself, later that one comes and takes the messages. (When the console
// server runs already, but no log server could be started, the two write over each other: init's
// reason for giving up matters more then.)
#pragma once

#include "early_console.hpp"

#include <lavandin/log_ring.hpp>

namespace lavandin::init {

class Messages {
public:
    explicit Messages(abi::Boot_information const& boot) : _early{boot} {}

    // One line, as printf.
    [[gnu::format(printf, 2, 3)]] void say(char const* format, ...);

    // The log server is about to run.
    void hand_over() { _handed_over = true; }

    Log_ring const& ring() const { return _ring; }

private:
    Early_console _early;
    bool _handed_over{false};
    char _storage[4096];
    Log_ring _ring{_storage};
};

// Words for an error, for people.
char const* text_of(Error error);

} // namespace lavandin::init
