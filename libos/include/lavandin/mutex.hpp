// SPDX-License-Identifier: MIT
// Mutex, Recursive_mutex and Lock.
#pragma once

#include <lavandin/thread_control_block.hpp>

#include <atomic>
#include <stdint.h>

namespace lavandin {

// Nobody spins; a mutex that nobody else wants costs one atomic operation to take and one to
// release. unlock() wakes the thread that has waited longest, one at a time, and leaves the mutex
// free meanwhile: whoever comes first has it. If it had to be the woken one, all would take turns
// through the scheduler for as long as they keep coming, which is dear where virtual processors
// share a physical one. A thread that was woken in vain a few times is handed the mutex.
//
//   _state   bit 0     held
//            bit 1     somebody was woken and is on the way
//            the rest  newest first, the stack of those who came since a holder looked
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
        unsigned woken_in_vain;
        bool handed; // the mutex is this thread's
    };

    void wait();
    bool take_or_join(Waiter& waiter);
    bool release_if_nobody_is_to_be_woken();
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
