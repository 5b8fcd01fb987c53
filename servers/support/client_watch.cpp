// SPDX-License-Identifier: MIT
#include <lavandin/client_watch.hpp>

namespace lavandin {

Result<void> watch_clients(Notification const& notification, uint64_t bit) {
    auto signal = TRY(notification.copy(notification_permission::signal, bit));
    return Init_client{}.watch_endings(static_cast<Notification&&>(signal));
}

} // namespace lavandin
