// SPDX-License-Identifier: MIT
// Obeys `control/shutdown`, by which `xl shutdown` and `xl reboot` ask a guest to end (Xen's
// docs/misc/xenstore-paths.pandoc): watch the key, read it when it changes, write it empty to say
// that it was seen, then do it.
//
//   watch --event--> read --"poweroff"--> write "" --answer--> order() says power_off
#pragma once

#include "connection.hpp"

namespace lavandin::xenstore {

enum class Order : uint8_t { none, power_off, reboot };

class Shutdown_watch {
public:
    // Registers the watch and says which orders this guest obeys.
    void start(Connection& connection);

    // Looks at a message that arrived; most are not for it.
    void arrived(Connection& connection, Message const& message);

    // What was asked for, from the moment the acknowledgement has been answered.
    Order order() const { return _confirmed ? _order : Order::none; }

private:
    void read_answer(Connection& connection, Message const& message);

    uint32_t _read_request{0};
    uint32_t _write_request{0};
    Order _order{Order::none};
    bool _confirmed{false};
};

} // namespace lavandin::xenstore
