// SPDX-License-Identifier: MIT
// The xenstore server. See xenstore_protocol.hpp. It is started only where there is a store ring.
#include "xenstore_server.hpp"

namespace lavandin::xenstore {
namespace {

Result<void> start() {
    auto service = TRY(Service::create("xenstore"));
    auto const memory = Memory::borrow(environment().capability("store_ring"));
    auto interrupt = Interrupt::borrow(environment().capability("store_interrupt"));
    auto page = TRY(Mapping::create(memory));
    auto const signal = TRY(
        service.notification.copy(notification_permission::all, Xenstore_server::interrupt_bit));
    TRY_VOID(interrupt.bind(signal));
    TRY_VOID(watch_clients(service.notification, Xenstore_server::ended_bit));
    static Xenstore_server server{static_cast<Mapping&&>(page),
                                  static_cast<Interrupt&&>(interrupt)};
    server.start();
    return static_cast<Error>(serve(service, server));
}

} // namespace
} // namespace lavandin::xenstore

int main() { return static_cast<int>(lavandin::xenstore::start().error()); }
