// SPDX-License-Identifier: MIT
#include <lavandin/mutex.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/waker.hpp>

namespace lavandin {

namespace {

constexpr uintptr_t held = 1;

} // namespace

bool Mutex::try_lock() {
    uintptr_t expected = 0;
    return _state.compare_exchange_strong(expected, held, std::memory_order_acquire,
                                          std::memory_order_relaxed);
}

void Mutex::lock() {
    if (!try_lock())
        wait();
}

// Joins the stack of waiters, unless the mutex came free meanwhile. The waiter lives on this
// thread's stack: whoever hands the mutex over reads it before the signal and never after.
void Mutex::wait() {
    Waiter waiter{current_part().wake_notification, nullptr};
    uintptr_t state = _state.load(std::memory_order_relaxed);
    while (true) {
        if (state == 0) {
            if (_state.compare_exchange_weak(state, held, std::memory_order_acquire))
                return;
            continue;
        }
        waiter.next = reinterpret_cast<Waiter*>(state & ~held);
        if (_state.compare_exchange_weak(state, reinterpret_cast<uintptr_t>(&waiter) | held,
                                         std::memory_order_acq_rel))
            break;
    }
    static_cast<void>(waker::wait(waker::lock_bit));
    std::atomic_thread_fence(std::memory_order_acquire);
}

// Moves the stack of newcomers to the empty queue, which turns newest first into oldest first.
void Mutex::collect() {
    uintptr_t const state = _state.exchange(held, std::memory_order_acq_rel);
    for (auto* waiter = reinterpret_cast<Waiter*>(state & ~held); waiter != nullptr;) {
        auto* const next = waiter->next;
        waiter->next = _queue;
        _queue = waiter;
        waiter = next;
    }
}

void Mutex::unlock() {
    if (_queue == nullptr) {
        uintptr_t expected = held;
        if (_state.compare_exchange_strong(expected, 0, std::memory_order_release,
                                           std::memory_order_relaxed))
            return;
        collect();
    }
    auto const notification = _queue->notification;
    _queue = _queue->next;
    std::atomic_thread_fence(std::memory_order_release);
    static_cast<void>(notification_signal(notification)); // the mutex is the waiter's now
}

void Recursive_mutex::lock() {
    auto* const self = &current_thread();
    if (_holder.load(std::memory_order_relaxed) != self) {
        _mutex.lock();
        _holder.store(self, std::memory_order_relaxed);
    }
    ++_depth;
}

bool Recursive_mutex::try_lock() {
    auto* const self = &current_thread();
    if (_holder.load(std::memory_order_relaxed) != self) {
        if (!_mutex.try_lock())
            return false;
        _holder.store(self, std::memory_order_relaxed);
    }
    ++_depth;
    return true;
}

void Recursive_mutex::unlock() {
    if (--_depth != 0)
        return;
    _holder.store(nullptr, std::memory_order_relaxed);
    _mutex.unlock();
}

} // namespace lavandin
