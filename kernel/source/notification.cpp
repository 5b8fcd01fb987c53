// SPDX-License-Identifier: MIT
#include <kernel/endpoint.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

void Notification::signal(uint64_t bits) {
    Endpoint* listener = nullptr;
    {
        Lock_guard const guard{_lock};
        _bits |= bits;
        if (Thread* const waiter = _waiter) {
            waiter->cancel(Error::none);
            waiter->registers().set_word(0, _bits);
            _bits = 0;
            make_ready(*waiter);
        }
        listener = _bound;
    }
    if (listener)
        listener->notified();
}

uint64_t Notification::take() {
    Lock_guard const guard{_lock};
    uint64_t const bits = _bits;
    _bits = 0;
    return bits;
}

Result<void> Notification::wait(Thread& thread, abi::Capability_index slot) {
    Lock_guard const guard{_lock};
    if (_waiter || _bound)
        return Error::busy;
    _waiter = &thread;
    this_processor().block(Wait::notification, this);
    thread.waits_through(slot, *this);
    return {};
}

bool Notification::bind(Endpoint& endpoint) {
    Lock_guard const guard{_lock};
    if (_bound || _waiter)
        return false;
    _bound = &endpoint;
    return true;
}

void Notification::unbind() {
    Lock_guard const guard{_lock};
    _bound = nullptr;
}

void Notification::last_reference_gone() {
    if (Thread* const waiter = _waiter) {
        waiter->cancel(Error::peer_died);
        make_ready(*waiter);
    }
    unmake(*this);
}

} // namespace kernel
