// SPDX-License-Identifier: MIT
// The log server. See log_protocol.hpp. Arguments: which one it is, and the positions up to which
// the kernel's log and init's messages have been shown already.
#include "log_server.hpp"

#include <stdlib.h>

int main(int count, char** arguments) {
    using namespace lavandin;
    auto service = Service::create("log");
    if (!service.ok())
        return 1;
    auto const position = [&](int index) {
        return index < count ? strtoull(arguments[index], nullptr, 10) : 0;
    };
    static log::Log_server server{position(2), position(3)};
    auto const system = environment().capability("system");
    Notification const& notification = service.value().notification;
    if (!log_bind(system, notification.index()).ok() || !watch_clients(notification, 1).ok())
        return 1;
    server.notified(0); // what the kernel has logged so far
    return serve(service.value(), server);
}
