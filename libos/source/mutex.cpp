// SPDX-License-Identifier: MIT
#include <lavandin/mutex.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/waker.hpp>

namespace lavandin {

namespace {

constexpr uintptr_t held = 1;
constexpr uintptr_t woken = 2;
constexpr uintptr_t flags = held | woken;

// Each time the mutex is handed over, everybody waits until that thread runs.
constexpr unsigned most_in_vain = 3;

} // namespace

bool Mutex::try_lock() {
    uintptr_t state = _state.load(std::memory_order_relaxed);
    while (!(state & held))
        if (_state.compare_exchange_weak(state, state | held, std::memory_order_acquire,
                                         std::memory_order_relaxed))
            return true;
    return false;
}

void Mutex::lock() {
    if (!try_lock())
        wait();
}

// True: the mutex is ours. Else the waiter has joined the stack.
bool Mutex::take_or_join(Waiter& waiter) {
    uintptr_t state = _state.load(std::memory_order_relaxed);
    while (true) {
        uintptr_t next = state | held;
        if (state & held) {
            waiter.next = reinterpret_cast<Waiter*>(state & ~flags);
            next = reinterpret_cast<uintptr_t>(&waiter) | (state & flags);
        }
        if (_state.compare_exchange_weak(state, next, std::memory_order_acq_rel,
                                         std::memory_order_relaxed))
            return !(state & held);
    }
}

// The waiter lives on this thread's stack: whoever wakes it is done with it before the signal.
void Mutex::wait() {
    Waiter waiter{current_part().wake_notification, nullptr, 0, false};
    while (!take_or_join(waiter)) {
        static_cast<void>(waker::wait(waker::lock_bit));
        std::atomic_thread_fence(std::memory_order_acquire);
        if (waiter.handed)
            return;
        ++waiter.woken_in_vain;
        _state.fetch_and(~woken, std::memory_order_relaxed); // who holds it now may wake another
    }
}

// Moves the stack of newcomers to the empty queue, which turns newest first into oldest first.
void Mutex::collect() {
    uintptr_t const state = _state.fetch_and(flags, std::memory_order_acq_rel);
    for (auto* waiter = reinterpret_cast<Waiter*>(state & ~flags); waiter != nullptr;) {
        auto* const next = waiter->next;
        waiter->next = _queue;
        _queue = waiter;
        waiter = next;
    }
}

bool Mutex::release_if_nobody_is_to_be_woken() {
    uintptr_t state = _state.load(std::memory_order_relaxed);
    while ((state & woken) || (_queue == nullptr && !(state & ~flags)))
        if (_state.compare_exchange_weak(state, state & ~held, std::memory_order_release,
                                         std::memory_order_relaxed))
            return true;
    return false;
}

void Mutex::unlock() {
    if (release_if_nobody_is_to_be_woken())
        return;
    if (_queue == nullptr)
        collect();
    Waiter& first = *_queue;
    _queue = first.next;
    auto const notification = first.notification;
    if (first.woken_in_vain >= most_in_vain)
        first.handed = true;
    else
        _state.fetch_add(woken - held, std::memory_order_release); // held, not woken, before
    std::atomic_thread_fence(std::memory_order_release);
    static_cast<void>(notification_signal(notification));
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
