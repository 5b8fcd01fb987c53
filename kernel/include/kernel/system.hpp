// SPDX-License-Identifier: MIT
// The authority over the machine as a whole, split by permissions. There is one.
//
// It has no lock: who is told of the log changes only by whoever is exclusive (gate.hpp), as are
// those who write to the log (last words tell nobody); derivation_lock guards what the binding
// hangs below. What it describes is read as it is, with the locks of those whose it is.
#pragma once

#include <kernel/binding.hpp>
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
    // Who is told of new kernel messages, by capabilities in slots of `table`; while nobody is,
    // they go to the console themselves. Error: invalid_capability (a slot does not hold us or the
    // notification any more).
    Result<void> bind_log(Ref<Notification> const& notification, uint64_t bits,
                          Capability_table& table, abi::Capability_index slot,
                          abi::Capability_index notification_slot);
    void unbind_log();

    void binding_revoked() override { unbind_log(); }
    void last_reference_gone() override {} // it stays

private:
    uint64_t const _total_frames;
    Binding _log_binding{*this};
};

} // namespace kernel
