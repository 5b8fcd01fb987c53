// SPDX-License-Identifier: MIT
// A lock that does not burn time. Every shared object names the lock that guards it. Interrupts are
// masked whenever the kernel runs, so a holder is never interrupted on its own processor; but the
// platform may take the physical processor away from it. So who waits looks for a short while only
// and then gives its own physical processor away until it is woken:
//
//   waiter   says where it waits -- looks --> says that it sleeps -- looks again --> arch::wait()
//   holder   opens the lock --> is anybody asleep? --> arch::wake(who waits longest)
//
// The lock is open while the woken one is on its way, and whoever comes first has it: if it had to
// be the woken one, all would go through the lock in turn, a change of VCPUs each, for as long as
// they keep coming (a convoy). Who was woken in vain a few times becomes the heir: it is handed the
// lock, closed, by the next to release it. For a processor there is one lock at a time to wait for.
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
        if (__atomic_exchange_n(&_held, 1, __ATOMIC_SEQ_CST)) [[unlikely]]
            wait();
        ++_turns;
    }
    // The exchange is a full barrier: either the waiter sees it, or it is seen waiting here.
    void release() {
        if (__atomic_load_n(&_heir, __ATOMIC_RELAXED)) [[unlikely]]
            return hand_to(__atomic_load_n(&_heir, __ATOMIC_RELAXED) - 1u);
        __atomic_exchange_n(&_held, 0, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&_waiters, __ATOMIC_RELAXED)) [[unlikely]]
            wake_one();
    }
    // For the holder: releases it, to who waits longest if somebody does.
    void pass_on();
    // For the holder: somebody waits.
    bool wanted() const { return __atomic_load_n(&_waiters, __ATOMIC_RELAXED) != 0; }

private:
    friend struct Outside_access;

    void wait();
    bool try_acquire() {
        return !__atomic_load_n(&_held, __ATOMIC_SEQ_CST) &&
               !__atomic_exchange_n(&_held, 1, __ATOMIC_SEQ_CST);
    }
    void sleep(uint32_t self);
    void wake_one();
    void hand_to(uint32_t processor);
    // The one that waits longest; of those that sleep, if so wanted. ~0: there is none.
    uint32_t longest(bool sleeps) const;

    uint32_t _held{0};
    uint32_t _turns{0};   // of holders, up to now; for readers from outside
    uint16_t _waiters{0}; // which are in wait()
    // Processors, counted from 1; 0: none.
    uint8_t _woken{0}; // is on its way
    uint8_t _heir{0};
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
