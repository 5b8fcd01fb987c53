// SPDX-License-Identifier: MIT
#include <kernel/listener.hpp>
#include <kernel/process.hpp>

namespace kernel {

Result<Listener> find_listener(Process& caller, abi::Capability_index index) {
    Listener listener;
    if (index) {
        listener.notification = TRY(caller.table().find<Notification>(
            index, abi::notification_permission::signal, &listener.bits));
        listener.bits = listener.bits ? listener.bits : 1;
    }
    return listener;
}

} // namespace kernel
