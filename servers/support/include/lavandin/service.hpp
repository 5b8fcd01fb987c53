// SPDX-License-Identifier: MIT
// The frame of every server: its endpoint from the environment, a notification that arrives there,
// and the loop.
#pragma once

#include <lavandin/environment.hpp>
#include <lavandin/server.hpp>

namespace lavandin {

// The endpoint to receive on was given as NAME.service (see the manifest's `service`).
struct Service {
    Endpoint endpoint;
    Notification notification; // bound to the endpoint

    // Errors: invalid_capability when the environment has no such service, and those of
    // notification_create and endpoint_bind.
    static Result<Service> create(std::string_view name);
};

// Serves until something fails that no request caused; answers a status for main().
template <Request_handler Handler>
int serve(Service& service, Handler& handler) {
    Server server{static_cast<Endpoint&&>(service.endpoint)};
    return static_cast<int>(server.run(handler).error());
}

} // namespace lavandin
