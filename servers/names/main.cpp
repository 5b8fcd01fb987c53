// SPDX-License-Identifier: MIT
// The names server. See names_protocol.hpp.
#include "names_server.hpp"

int main() {
    using namespace lavandin;
    auto service = Service::create("names");
    if (!service.ok() || !watch_clients(service.value().notification, 1).ok())
        return 1;
    static names::Names_server server;
    server.restore();
    server.notified(1); // clients that ended while nobody served
    return serve(service.value(), server);
}
