// SPDX-License-Identifier: MIT
// Mutex, Recursive_mutex and Lock.
#pragma once

#include <lavandin/thread_control_block.hpp>

#include <atomic>
#include <stdint.h>

namespace lavandin {

// Fair: unlock hands the mutex to the thread that has waited longest. Nobody spins; a mutex that
// nobody else wants costs one atomic operation to take and one to release.
//
//   _state   0                free
//            1                held, nobody new waits
//            waiter | 1       held; newest first, the stack of those who came since the holder
//            looked
//   _queue   those who came earlier, oldest first; belongs to the holder
class Mutex {
public:
    constexpr Mutex() = default;
    Mutex(Mutex const&) = delete;
    Mutex& operator=(Mutex const&) = delete;

    void lock();
    bool try_lock();
    // Only by the holder.
    void unlock();

private:
    struct Waiter {
        abi::Capability_index notification;
        Waiter* next;
    };

    void wait();
    void collect();

    std::atomic<uintptr_t> _state{0};
    Waiter* _queue{nullptr};
};

// May be taken again by the thread that holds it, and is released as often.
class Recursive_mutex {
public:
    constexpr Recursive_mutex() = default;

    void lock();
    bool try_lock();
    void unlock();

private:
    Mutex _mutex;
    std::atomic<Thread_control_block*> _holder{nullptr};
    uint64_t _depth{0};
};

// Holds a mutex while it lives.
template <typename Any_mutex>
class [[nodiscard]] Lock {
public:
    explicit Lock(Any_mutex& to_hold) : _mutex{to_hold} { _mutex.lock(); }
    ~Lock() { _mutex.unlock(); }
    Lock(Lock const&) = delete;
    Lock& operator=(Lock const&) = delete;

private:
    Any_mutex& _mutex;
};

} // namespace lavandin
