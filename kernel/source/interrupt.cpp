// SPDX-License-Identifier: MIT
#include <kernel/boot.hpp>
#include <kernel/grant.hpp>
#include <kernel/interrupt.hpp>
#include <kernel/log.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

Lock interrupts_lock; // guards the list and the bindings
List<Interrupt, Interrupt_tag>& interrupts() {
    static List<Interrupt, Interrupt_tag> list;
    return list;
}

} // namespace

Interrupt::Interrupt(Ref<Quota> quota, arch::Line line, Kind kind)
    : Object{object_type, static_cast<Ref<Quota>&&>(quota)}, _line{line}, _kind{kind} {
    Lock_guard const guard{interrupts_lock};
    interrupts().push_back(*this);
}

// New lines come to processor 0, which may take none now.
Result<Ref<Interrupt>> make_channel(Ref<Quota> quota, arch::Machine_number machine) {
    arch::Line const line = TRY(arch::open_channel(machine));
    auto made = make<Interrupt>(static_cast<Ref<Quota>&&>(quota), line, Interrupt::Kind::channel);
    if (!made.ok()) {
        arch::close_channel(line);
        return made.error();
    }
    auto interrupt = static_cast<Ref<Interrupt>&&>(made.value());
    Lock_guard const guard{interrupts_lock};
    uint64_t const accepting = processors().accepting();
    if ((accepting & 1) == 0) {
        interrupt->processor = static_cast<uint32_t>(__builtin_ctzl(accepting));
        arch::route(line, interrupt->processor);
    }
    return interrupt;
}

Result<void> Interrupt::bind(Ref<Notification> notification, uint64_t bits, Capability_table& table,
                             abi::Capability_index slot, abi::Capability_index notification_slot) {
    if (!_binding.attach(table, slot, *this, notification_slot, *notification))
        return Error::invalid_capability;
    {
        Lock_guard const guard{interrupts_lock};
        _notification = static_cast<Ref<Notification>&&>(notification);
        _bits = bits;
    }
    arch::unmask(_line);
    return {};
}

void Interrupt::unbind() {
    arch::mask(_line);
    _binding.detach();
    Ref<Notification> last; // goes after the lock
    Lock_guard const guard{interrupts_lock};
    last = static_cast<Ref<Notification>&&>(_notification);
}

void Interrupt::arrived() {
    if (_notification)
        _notification->signal(_bits);
}

void Interrupt::last_reference_gone() {
    arch::mask(_line);
    {
        Lock_guard const guard{interrupts_lock};
        List<Interrupt, Interrupt_tag>::remove(*this);
    }
    if (_kind == Kind::channel)
        arch::close_channel(_line);
    unmake(*this);
}

bool move_interrupts_step(uint32_t from) {
    constexpr unsigned most_at_once = 4; // three calls to the platform each
    unsigned moved = 0;
    auto const to = static_cast<uint32_t>(__builtin_ctzl(processors().accepting()));
    Lock_guard const guard{interrupts_lock};
    for (Interrupt* each = interrupts().front(); each; each = interrupts().next(*each)) {
        if (each->processor != from)
            continue;
        if (moved++ == most_at_once)
            return false;
        arch::route(each->line(), to);
        each->processor = to;
    }
    return true;
}

void interrupt_arrived(arch::Line line) {
    Gate::become_exclusive(this_processor());
    end_lingering_grants(); // another machine did something: it may have let go of pages
    Lock_guard const guard{interrupts_lock};
    for (Interrupt* each = interrupts().front(); each; each = interrupts().next(*each))
        if (each->line() == line)
            return each->arrived();
    log("interrupt {} has no owner; masked", line);
}

} // namespace kernel
