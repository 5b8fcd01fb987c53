// SPDX-License-Identifier: MIT
// The xenstore server. See xenstore_protocol.hpp. It is started only where there is a store ring.
#include "xenstore_server.hpp"

#include <stdlib.h>

namespace lavandin::xenstore {
namespace {

Result<void> start(uint32_t generation) {
    auto service = TRY(Service::create("xenstore"));
    auto const memory = Memory::borrow(environment().capability("store_ring"));
    auto interrupt = Interrupt::borrow(environment().capability("store_interrupt"));
    auto page = TRY(Mapping::create(memory));
    auto state = TRY(Mapping::create(Memory::borrow(environment().capability("state"))));
    auto const signal = TRY(
        service.notification.copy(notification_permission::all, Xenstore_server::interrupt_bit));
    TRY_VOID(interrupt.bind(signal));
    TRY_VOID(watch_clients(service.notification, Xenstore_server::ended_bit));
    static Xenstore_server server{static_cast<Mapping&&>(page), static_cast<Interrupt&&>(interrupt),
                                  static_cast<Mapping&&>(state), generation};
    server.start();
    return static_cast<Error>(serve(service, server));
}

} // namespace
} // namespace lavandin::xenstore

// Arguments: which one it is, from 1.
int main(int count, char** arguments) {
    auto const generation = count > 1 ? strtoul(arguments[1], nullptr, 10) : 1;
    return static_cast<int>(lavandin::xenstore::start(static_cast<uint32_t>(generation)).error());
}
