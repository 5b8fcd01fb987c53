// SPDX-License-Identifier: MIT
// What the kernel's command line asks of init.
#pragma once

#include <lavandin/abi/process.hpp>
#include <string_view>

namespace lavandin::init {

struct Command_line {
    std::string_view program{"shell"};                // run=NAME
    abi::Shutdown shutdown{abi::Shutdown::power_off}; // shutdown=reboot or poweroff
    uint64_t processors{~uint64_t{0}};                // processors=N: so many are started at most
    std::string_view problem; // the first token of ours with a value that cannot be; else empty

    // True for the program that stays: when it ends it is started again, not the machine ended.
    bool interactive() const { return program == "shell"; }
};

Command_line parse_command_line(std::string_view text);

// Takes the next token that is meant for the program off `text`: all but what the kernel
// and init take for themselves.
// Empty at the end.
std::string_view take_program_argument(std::string_view& text);

} // namespace lavandin::init
