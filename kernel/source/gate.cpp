// SPDX-License-Identifier: MIT
#include <arch/processor.hpp>
#include <arch/spin.hpp>
#include <kernel/processors.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

// The store and the look behind it do not change places, here and in interrupt(): one of the two
// sees the other.
void Gate::arrive() {
    if (!_in_user_mode)
        return;
    __atomic_store_n(&_in_user_mode, false, __ATOMIC_SEQ_CST);
    uint32_t const waiter = __atomic_load_n(&_interrupter, __ATOMIC_SEQ_CST);
    if (waiter != no_processor) [[unlikely]]
        arch::wake(waiter);
}

void Gate::enter_shared(Processor& self) {
    self.gate.arrive();
    self.gate._lock.acquire();
}

// The count is read behind the first gate: it changes only while somebody is exclusive.
void Gate::enter_exclusive(Processor& self) {
    self.gate.arrive();
    processors().at(0)->gate._lock.acquire();
    uint32_t const count = processors().count();
    for (uint32_t number = 1; number < count; ++number)
        processors().at(number)->gate._lock.acquire();
    self.gate._held = count;
}

void Gate::admit(Processor& self, uint32_t count) {
    for (uint32_t& held = self.gate._held; held < count; ++held)
        processors().at(held)->gate._lock.acquire();
    processors().admit(count);
}

void Gate::become_exclusive(Processor& self) {
    if (self.gate.exclusive())
        return;
    self.gate._lock.release();
    enter_exclusive(self);
}

void Gate::give_way(Processor& self) {
    uint32_t const held = self.gate._held;
    bool wanted = false;
    for (uint32_t number = 0; number < held; ++number)
        wanted = wanted || processors().at(number)->gate._lock.wanted();
    if (!wanted)
        return;
    self.gate._held = 0;
    for (uint32_t number = held; number-- > 0;)
        processors().at(number)->gate._lock.pass_on();
    enter_exclusive(self);
}

void Gate::leave(Processor& self, bool to_user) {
    Gate& gate = self.gate;
    if (to_user)
        __atomic_store_n(&gate._in_user_mode, true, __ATOMIC_RELEASE);
    if (!gate.exclusive())
        return gate._lock.release();
    uint32_t const held = gate._held;
    gate._held = 0;
    for (uint32_t number = held; number-- > 0;)
        processors().at(number)->gate._lock.release();
}

void Gate::interrupt(Processor& other) {
    Gate& gate = other.gate;
    if (!gate.in_user_mode())
        return;
    __atomic_store_n(&gate._interrupter, arch::processor_number(), __ATOMIC_SEQ_CST);
    arch::kick(other.number());
    for (uint32_t looks = 0; looks < lock_patience() && gate.in_user_mode(); ++looks)
        arch::relax();
    for (;;) {
        arch::prepare_to_wait();
        if (!gate.in_user_mode())
            break;
        arch::wait();
    }
    __atomic_store_n(&gate._interrupter, no_processor, __ATOMIC_RELAXED);
}

} // namespace kernel
