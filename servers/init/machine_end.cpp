// SPDX-License-Identifier: MIT
#include "machine_end.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/console_client.hpp>

namespace lavandin::init {
namespace {

// For the log server to take init's last words and to give them to the console.
constexpr uint64_t time_for_last_words = 50 * millisecond;

} // namespace

void Machine_end::begin(Capability_index system, Capability_index console, Shutdown way) {
    if (_begun)
        return;
    _begun = true;
    _system = system;
    _console = console;
    _way = way;
    auto flusher =
        Thread::start([](void* self) { static_cast<Machine_end*>(self)->flush_and_end(); }, this);
    auto watchdog =
        Thread::start([](void* self) { static_cast<Machine_end*>(self)->wait_and_end(); }, this);
    if (!flusher.ok() || !watchdog.ok())
        return end();
    _flusher = static_cast<Thread&&>(flusher.value());
    _watchdog = static_cast<Thread&&>(watchdog.value());
}

void Machine_end::end() {
    static_cast<void>(system_shutdown(_system, static_cast<uint64_t>(_way)));
}

void Machine_end::flush_and_end() {
    sleep_for(time_for_last_words);
    if (_console != 0)
        static_cast<void>(Console_client{_console}.flush());
    end();
}

void Machine_end::wait_and_end() {
    sleep_for(patience);
    end();
}

} // namespace lavandin::init
