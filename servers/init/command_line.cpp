// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include "text.hpp"

#include <charconv>

namespace lavandin::init {
namespace {

constexpr std::string_view run_key{"run="};
constexpr std::string_view shutdown_key{"shutdown="};
constexpr std::string_view processors_key{"processors="};
constexpr size_t maximum_program_name = 47;

void read_run(std::string_view value, Command_line& result) {
    if (valid_name(value, maximum_program_name))
        result.program = value;
    else
        result.problem = "run= needs the name of a program";
}

void read_shutdown(std::string_view value, Command_line& result) {
    if (value == "reboot")
        result.shutdown = abi::Shutdown::reboot;
    else if (value == "poweroff")
        result.shutdown = abi::Shutdown::power_off;
    else
        result.problem = "shutdown= is reboot or poweroff";
}

void read_processors(std::string_view value, Command_line& result) {
    uint64_t number = 0;
    auto const read = std::from_chars(value.data(), value.data() + value.size(), number);
    if (read.ec == std::errc{} && read.ptr == value.data() + value.size() && number != 0)
        result.processors = number;
    else
        result.problem = "processors= needs a number from 1";
}

// What the kernel and init take for themselves; all else is for the program.
bool for_system(std::string_view token) {
    constexpr std::string_view keys[]{run_key, shutdown_key, processors_key,
                                      "spin_locks=", "kernel_fault="};
    for (std::string_view const key : keys)
        if (token.starts_with(key))
            return true;
    return false;
}

std::string_view after(std::string_view token, std::string_view key) {
    token.remove_prefix(key.size());
    return token;
}

} // namespace

Command_line parse_command_line(std::string_view text) {
    Command_line result;
    for (std::string_view token = take_word(text); !token.empty(); token = take_word(text)) {
        if (token.starts_with(run_key))
            read_run(after(token, run_key), result);
        else if (token.starts_with(shutdown_key))
            read_shutdown(after(token, shutdown_key), result);
        else if (token.starts_with(processors_key))
            read_processors(after(token, processors_key), result);
    }
    return result;
}

std::string_view take_program_argument(std::string_view& text) {
    std::string_view token = take_word(text);
    while (for_system(token))
        token = take_word(text);
    return token;
}

} // namespace lavandin::init
