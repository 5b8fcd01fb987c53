// SPDX-License-Identifier: MIT
// The log server. See log_protocol.hpp. Argument: the position in the kernel's log up to which the
// kernel has shown it itself.
#include "log_server.hpp"

#include <stdlib.h>

int main(int count, char** arguments) {
    using namespace lavandin;
    auto service = Service::create("log");
    if (!service.ok())
        return 1;
    static log::Log_server server{count > 1 ? strtoull(arguments[1], nullptr, 10) : 0};
    auto const system = environment().capability("system");
    Notification const& notification = service.value().notification;
    if (!log_bind(system, notification.index()).ok() || !watch_clients(notification, 1).ok())
        return 1;
    server.notified(0); // what the kernel has logged so far
    return serve(service.value(), server);
}
