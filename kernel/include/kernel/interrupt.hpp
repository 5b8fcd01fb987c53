// SPDX-License-Identifier: MIT
// The authority over one interrupt line: who is told, when it may come again.
//
// One lock (interrupts_lock in interrupt.cpp) guards the list of all of them, and of each who is
// told and the processor that it comes to; derivation_lock what the binding hangs below. Line and
// kind never change.
#pragma once

#include <arch/grants.hpp>
#include <arch/interrupts.hpp>
#include <kernel/binding.hpp>
#include <kernel/list.hpp>
#include <kernel/notification.hpp>

namespace kernel {

struct Interrupt_tag : List_link {};

class Interrupt final : public Object, public Interrupt_tag {
public:
    static constexpr Object_type object_type = Object_type::interrupt;

    // Whether the line outlives us, or is a channel that we close.
    enum class Kind : uint8_t { permanent, channel };
    Interrupt(Ref<Quota> quota, arch::Line line, Kind kind = Kind::permanent);

    // By capabilities in slots of `table`. Error: invalid_capability (a slot does not hold us or
    // the notification any more).
    Result<void> bind(Ref<Notification> notification, uint64_t bits, Capability_table& table,
                      abi::Capability_index slot, abi::Capability_index notification_slot);
    void unbind();
    void arrived();
    arch::Line line() const { return _line; }
    uint32_t processor{0}; // that it comes to

    void binding_revoked() override { unbind(); }
    void last_reference_gone() override;

private:
    arch::Line const _line;
    Kind const _kind;
    Ref<Notification> _notification;
    uint64_t _bits{0};
    Binding _binding{*this};
};

// A channel to another machine, by nobody connected yet. Errors: table_full, not_supported,
// quota_exceeded, out_of_memory.
Result<Ref<Interrupt>> make_channel(Ref<Quota> quota, arch::Machine_number machine);

// Interrupts that come to a processor which takes threads no more come to another one from now on.
// In parts: true when none is left.
bool move_interrupts_step(uint32_t from);

} // namespace kernel
