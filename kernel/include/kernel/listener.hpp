// SPDX-License-Identifier: MIT
// Who a system call names to be told of something later: a notification, and the bits to set.
#pragma once

#include <kernel/notification.hpp>
#include <lavandin/abi/capability.hpp>

namespace kernel {

class Process;

struct Listener {
    Ref<Notification> notification; // empty for nobody
    uint64_t bits{0};
};

// `index`: slot in the caller's table, with the permission to signal; 0 for nobody. A capability
// without a badge sets the first bit. Errors: those of Capability_table::find.
Result<Listener> find_listener(Process& caller, abi::Capability_index index);

} // namespace kernel
