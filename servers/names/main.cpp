// SPDX-License-Identifier: MIT
// The names server. See names_protocol.hpp.
#include "names_server.hpp"

int main() {
    using namespace lavandin;
    auto service = Service::create("names");
    if (!service.ok())
        return 1;
    if (!watch_clients(service.value().notification, 1).ok())
        return 1;
    static names::Names_server server;
    return serve(service.value(), server);
}
