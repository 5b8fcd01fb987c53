// SPDX-License-Identifier: MIT
// How a server learns that clients have ended, so that it can forget what it keeps for them.
#pragma once

#include <lavandin/init_client.hpp>

namespace lavandin {

// Has init signal `bit` of `notification` whenever a process ends.
// Errors: those of capability_copy and of Init_client::watch_endings.
Result<void> watch_clients(Notification const& notification, uint64_t bit);

// The number and the roles in a request's badge, see init_protocol.hpp.
using init_protocol::badge_process;
using init_protocol::badge_roles;

} // namespace lavandin
