// SPDX-License-Identifier: MIT
#include <lavandin/service.hpp>

#include <stdio.h>

namespace lavandin {

Result<Service> Service::create(std::string_view name) {
    char full_name[sizeof(Named_capability::name)];
    int const length = snprintf(full_name, sizeof(full_name), "%.*s.service",
                                static_cast<int>(name.size()), name.data());
    auto const slot = environment().capability({full_name, static_cast<size_t>(length)});
    if (slot == 0)
        return Error::invalid_capability;
    Service service{Endpoint::borrow(slot), TRY(Notification::create())};
    TRY_VOID(service.endpoint.unbind()); // of the notification of a predecessor that has died
    TRY_VOID(service.endpoint.bind(service.notification));
    return service;
}

} // namespace lavandin
