// SPDX-License-Identifier: MIT
// Who is in the way.
#pragma once

#include <lavandin/init_client.hpp>
#include <lavandin/resource_manager_protocol.hpp>

namespace lavandin::resource_manager {

// Turns the kernel's number of the process into init's, and adds the name.
void identify(Init_client const& init, resource_manager_protocol::Obstacle& obstacle);

} // namespace lavandin::resource_manager
