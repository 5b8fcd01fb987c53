// SPDX-License-Identifier: MIT
// The authority over the machine as a whole, split by permissions. There is one.
#pragma once

#include <kernel/boot.hpp>
#include <kernel/notification.hpp>
#include <lavandin/abi/process.hpp>

namespace kernel {

class System final : public Object {
public:
    static constexpr Object_type object_type = Object_type::system;

    explicit System(Ref<Quota> quota, Boot const& boot)
        : Object{object_type, static_cast<Ref<Quota>&&>(quota)}, _total_frames{boot.total_frames} {}

    void describe(abi::System_information& information) const;
    // Who is told of new kernel messages; none: they go to the console themselves.
    void bind_log(Ref<Notification> const& notification, uint64_t bits);

    void last_reference_gone() override {} // it stays

private:
    uint64_t const _total_frames;
};

} // namespace kernel
