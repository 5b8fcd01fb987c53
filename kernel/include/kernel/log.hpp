// SPDX-License-Identifier: MIT
// Kernel messages. They go to a ring that the log server reads, and straight to the console until
// it has taken over.
//
//   log("quota of {} is {} bytes", name, limit);     {} decimal, {x} hexadecimal, strings as such
#pragma once

#include <kernel/types.hpp>

namespace kernel {

class Log_value {
public:
    constexpr Log_value(char const* text) : _text{text} {}
    constexpr Log_value(char* text) : _text{text} {}
    template <typename T>
    constexpr Log_value(T value) : _number{static_cast<uint64_t>(value)} {}

    constexpr char const* text() const { return _text; }
    constexpr uint64_t number() const { return _number; }

private:
    char const* _text{nullptr};
    uint64_t _number{0};
};

void log_format(char const* format, Log_value const* values, unsigned count);

template <typename... Values>
void log(char const* format, Values... values) {
    Log_value const list[]{Log_value{values}..., Log_value{0}};
    log_format(format, list, sizeof...(values));
}

// From `position` (bytes since boot) up to `size` bytes; answers how many and moves `position`.
uint64_t log_copy(uint64_t& position, char* text, uint64_t size);

// From now on messages only go to the ring (a log server reads it), or to the console again.
void log_to_console(bool direct);

// Called after each message while somebody reads the ring.
void set_log_listener(void (*listener)());

// From here on messages go only to the console: whoever reads the log may hold what failed.
void begin_last_words();

// Says what the machine was not given, and ends it as crashed: for what its user can mend.
[[noreturn]] void give_up_format(char const* format, Log_value const* values, unsigned count);
template <typename... Values>
[[noreturn]] void give_up(char const* format, Values... values) {
    Log_value const list[]{Log_value{values}..., Log_value{0}};
    give_up_format(format, list, sizeof...(values));
}

// Says why, with the stack, and crashes the machine: for what only a developer can mend.
[[noreturn]] void panic_format(char const* format, Log_value const* values, unsigned count);
template <typename... Values>
[[noreturn]] void panic(char const* format, Values... values) {
    Log_value const list[]{Log_value{values}..., Log_value{0}};
    panic_format(format, list, sizeof...(values));
}

} // namespace kernel

// Our own invariants; never judges what came from outside. Stays in release builds.
#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) [[unlikely]]                                                             \
            ::kernel::panic("assertion failed: {} ({}:{})", #condition, __FILE__, __LINE__);       \
    } while (false)
