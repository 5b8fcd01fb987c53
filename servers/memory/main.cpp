// SPDX-License-Identifier: MIT
// The memory server. See memory_protocol.hpp.
#include "memory_server.hpp"

int main() {
    using namespace lavandin;
    auto service = Service::create("memory");
    auto const information = Process::self().information();
    if (!service.ok() || !information.ok())
        return 1;
    if (!watch_clients(service.value().notification, 1).ok())
        return 1;
    static memory::Memory_server server{information.value().quota_limit};
    return serve(service.value(), server);
}
