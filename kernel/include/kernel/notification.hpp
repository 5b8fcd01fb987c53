// SPDX-License-Identifier: MIT
// 64 bits that can be set from anywhere and waited for by one thread, or by the receivers of an
// endpoint it is bound to.
#pragma once

#include <kernel/object.hpp>

namespace kernel {

class Endpoint;
class Thread;

class Notification final : public Object {
public:
    static constexpr Object_type object_type = Object_type::notification;

    explicit Notification(Ref<Quota> quota)
        : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    void signal(uint64_t bits);

    // The usual cases, for who has entered shared. False, and nothing has changed, in all others.
    bool signal_quietly(uint64_t bits);
    bool wait_quietly(Thread& thread, abi::Capability_index slot, uint64_t deadline);
    bool any() const { return __atomic_load_n(&_bits, __ATOMIC_ACQUIRE) != 0; }

    // Takes all bits; 0 when none is set.
    uint64_t take();

    // The current thread waits, by the capability in `slot`. Error: busy.
    Result<void> wait(Thread& thread, abi::Capability_index slot);
    void stop_waiting() { _waiter = nullptr; }

    bool bound() const { return _bound != nullptr; }
    // False when it is bound already, or a thread waits for it itself.
    bool bind(Endpoint& endpoint);
    void unbind();

    void last_reference_gone() override;

private:
    Lock _lock; // guards everything
    uint64_t _bits{0};
    Thread* _waiter{nullptr};
    Endpoint* _bound{nullptr}; // it holds a reference to us
};

} // namespace kernel
