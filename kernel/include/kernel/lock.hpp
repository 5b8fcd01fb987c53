// SPDX-License-Identifier: MIT
// A ticket lock that does not burn time. Every shared object names the lock that guards it.
// Interrupts are masked whenever the kernel runs, so a holder is never interrupted on its own
// processor; but the platform may take the physical processor away from it. So who waits looks for
// a short while only and then gives its own physical processor away until it is woken:
//
//   waiter   takes a ticket -- looks --> says where it waits -- looks again --> arch::wait()
//   holder   serves the next ticket --> is anybody asleep? --> arch::wake(who has that ticket)
//
// Order, outermost first; a lock may be taken only while those before it in the list are held:
//   gates (gate.hpp), process, group, endpoint, notification, inheritance, derivation, capability
//   table, memory, address space, run queue, quota, slab, frames, log, clock
#pragma once

#include <stdint.h>

namespace kernel {

class Lock {
public:
    constexpr Lock() = default;
    Lock(Lock const&) = delete;
    Lock& operator=(Lock const&) = delete;

    void acquire() {
        uint32_t const ticket = __atomic_fetch_add(&_next, 1, __ATOMIC_RELAXED);
        if (__atomic_load_n(&_serving, __ATOMIC_ACQUIRE) != ticket) [[unlikely]]
            wait(ticket);
    }
    // The increment is a full barrier: either the waiter sees it, or it is seen asleep here.
    void release() {
        __atomic_fetch_add(&_serving, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&_sleepers, __ATOMIC_RELAXED)) [[unlikely]]
            wake_next();
    }
    // For the holder: somebody waits.
    bool wanted() const {
        return __atomic_load_n(&_next, __ATOMIC_RELAXED) !=
               __atomic_load_n(&_serving, __ATOMIC_RELAXED) + 1;
    }

private:
    friend struct Outside_access;

    void wait(uint32_t ticket);
    void wake_next();
    bool served(uint32_t ticket) const {
        return __atomic_load_n(&_serving, __ATOMIC_SEQ_CST) == ticket;
    }

    uint32_t _next{0};
    uint32_t _serving{0};
    uint32_t _sleepers{0};
};

// Who waits for a lock looks this often before it sleeps; `spin_for_ever` is for comparison.
inline constexpr uint32_t spin_for_ever = ~uint32_t{0};
void set_lock_patience(uint32_t looks);
uint32_t lock_patience();

// How often somebody had to wait for a lock, and how often it slept for that.
struct Lock_waits {
    uint64_t waits;
    uint64_t sleeps;
};
Lock_waits lock_waits();
Lock_waits lock_waits(uint32_t processor);

// Holds a lock for the block it is declared in.
class Lock_guard {
public:
    explicit Lock_guard(Lock& lock) : _lock{lock} { _lock.acquire(); }
    ~Lock_guard() { _lock.release(); }
    Lock_guard(Lock_guard const&) = delete;
    Lock_guard& operator=(Lock_guard const&) = delete;

private:
    Lock& _lock;
};

} // namespace kernel
