// SPDX-License-Identifier: MIT
// A ticket lock. Every shared object names the lock that guards it. Interrupts are masked whenever
// the kernel runs, so a holder is never interrupted on its own processor.
//
// Order, outermost first; a lock may be taken only while those before it in the list are held:
//   process, group, endpoint, notification, inheritance, derivation, capability table, memory,
//   address space, run queue, quota, slab, frames, log, clock
#pragma once

#include <arch/spin.hpp>
#include <stdint.h>

namespace kernel {

class Lock {
public:
    Lock() = default;
    Lock(Lock const&) = delete;
    Lock& operator=(Lock const&) = delete;

    void acquire() {
        uint32_t const ticket = __atomic_fetch_add(&_next, 1, __ATOMIC_RELAXED);
        while (__atomic_load_n(&_serving, __ATOMIC_ACQUIRE) != ticket)
            arch::relax();
    }
    void release() { __atomic_store_n(&_serving, _serving + 1, __ATOMIC_RELEASE); }

private:
    uint32_t _next{0};
    uint32_t _serving{0};
};

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
