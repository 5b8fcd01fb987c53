// SPDX-License-Identifier: MIT
// The resource manager. See resource_manager_protocol.hpp.
#include "resource_manager_server.hpp"

#include <lavandin/thread_pointer.hpp>
#include <stdlib.h>
#include <string.h>

namespace lavandin::resource_manager {
namespace {

Result<Thread_information> own_thread() {
    TRY_VOID(thread_information(0));
    Thread_information information{};
    memcpy(&information, message_buffer().words, sizeof(information));
    return information;
}

Result<void> start(uint64_t most) {
    auto service = TRY(Service::create("resources"));
    auto const& notification = service.notification;
    constexpr auto signal = notification_permission::signal;
    auto const self = TRY(own_thread());
    Resource_manager_server::Setup setup{
        TRY(Processor_objects::open(environment().capability("system"))),
        TRY(notification.copy(signal, Resource_manager_server::transition_bit)),
        TRY(notification.copy(signal, Resource_manager_server::toolstack_bit)),
        TRY(Mapping::create(Memory::borrow(environment().capability("state")))),
        TRY(notification.copy(signal, Resource_manager_server::edge_bit)),
        TRY(notification.copy(signal, Resource_manager_server::rendezvous_bit)),
        self.base_priority,
        self.identifier};
    static Resource_manager_server server{static_cast<Resource_manager_server::Setup&&>(setup)};
    TRY_VOID(watch_clients(notification, Resource_manager_server::ended_bit));
    TRY_VOID(server.start(most));
    return static_cast<Error>(serve(service, server));
}

} // namespace
} // namespace lavandin::resource_manager

// Arguments: of what init tells every server, the fourth is how many processors to start at most.
int main(int count, char** arguments) {
    auto const most = count > 4 ? strtoul(arguments[4], nullptr, 10) : ~0ul;
    return static_cast<int>(lavandin::resource_manager::start(most).error());
}
