// SPDX-License-Identifier: MIT
#include <kernel/grant.hpp>
#include <kernel/process.hpp>

namespace kernel {

namespace {

bool takes_badge(Object_type type) {
    return type == Object_type::endpoint || type == Object_type::notification;
}

} // namespace

Result<abi::Capability_index> grant(Process& from, abi::Capability_index index, Process& to,
                                    Permissions permissions, uint64_t badge) {
    Capability capability = TRY(from.table().find(index));
    if (badge && !takes_badge(capability.object->type()))
        return Error::wrong_type;
    if (badge && capability.badge)
        return Error::invalid_argument;
    if (!(capability.permissions & permissions))
        return Error::invalid_argument;
    if (!to.alive())
        return Error::peer_died;
    capability.permissions &= permissions;
    capability.badge = badge ? badge : capability.badge;
    return to.table().add(capability);
}

} // namespace kernel
