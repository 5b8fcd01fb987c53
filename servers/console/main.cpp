// SPDX-License-Identifier: MIT
// The console server. See console_protocol.hpp.
#include "console_server.hpp"

#include <new>

namespace lavandin::console {
namespace {

// Where backend and server live: exactly one of the two backends is made.
alignas(Ring_backend) std::byte ring_storage[sizeof(Ring_backend)];
alignas(Platform_backend) std::byte platform_storage[sizeof(Platform_backend)];

Result<Backend*> make_backend(Interrupt&& interrupt) {
    auto const slot = [](char const* name) { return environment().capability(name); };
    if (slot("console_ring") == 0)
        return new (platform_storage)
            Platform_backend{System::borrow(slot("system")), static_cast<Interrupt&&>(interrupt)};
    auto const memory = Memory::borrow(slot("console_ring"));
    auto page = TRY(Mapping::create(memory));
    return new (ring_storage)
        Ring_backend{static_cast<Mapping&&>(page), static_cast<Interrupt&&>(interrupt)};
}

Result<void> start() {
    auto service = TRY(Service::create("console"));
    auto interrupt = Interrupt::borrow(environment().capability("console_interrupt"));
    auto const signal =
        TRY(service.notification.copy(notification_permission::all, Console_server::interrupt_bit));
    if (interrupt.valid())
        TRY_VOID(interrupt.bind(signal));
    TRY_VOID(watch_clients(service.notification, Console_server::ended_bit));
    static Console_server server{*TRY(make_backend(static_cast<Interrupt&&>(interrupt)))};
    server.inherit();
    // What was typed, and who ended, before we were there.
    server.notified(Console_server::interrupt_bit | Console_server::ended_bit);
    return static_cast<Error>(serve(service, server));
}

} // namespace
} // namespace lavandin::console

int main() { return static_cast<int>(lavandin::console::start().error()); }
