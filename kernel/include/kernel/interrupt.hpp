// SPDX-License-Identifier: MIT
// The authority over one interrupt line: who is told, when it may come again.
#pragma once

#include <arch/interrupts.hpp>
#include <kernel/list.hpp>
#include <kernel/notification.hpp>

namespace kernel {

struct Interrupt_tag : List_link {};

class Interrupt final : public Object, public Interrupt_tag {
public:
    static constexpr Object_type object_type = Object_type::interrupt;

    Interrupt(Ref<Quota> quota, arch::Line line);

    void bind(Ref<Notification> notification, uint64_t bits);
    void arrived();
    arch::Line line() const { return _line; }

    void last_reference_gone() override;

private:
    arch::Line const _line;
    Ref<Notification> _notification;
    uint64_t _bits{0};
};

} // namespace kernel
