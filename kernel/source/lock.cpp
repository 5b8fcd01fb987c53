// SPDX-License-Identifier: MIT
// Waiting for a lock. Each processor waits for one at a time, and says for which ticket of which.
#include <arch/processor.hpp>
#include <arch/spin.hpp>
#include <kernel/lock.hpp>

namespace kernel {

namespace {

struct alignas(64) Waiting {
    Lock const* lock{nullptr};
    uint32_t ticket{0};
    uint64_t waits{0};
    uint64_t sleeps{0};
};

Waiting waiting[arch::most_processors];

// A holder that runs is soon done: critical sections are short. One that does not run never is.
uint32_t patience = 100;

} // namespace

void set_lock_patience(uint32_t looks) { patience = looks; }

uint32_t lock_patience() { return patience; }

Lock_waits lock_waits() {
    Lock_waits sum{};
    for (uint32_t number = 0; number < arch::most_processors; ++number) {
        Lock_waits const each = lock_waits(number);
        sum.waits += each.waits;
        sum.sleeps += each.sleeps;
    }
    return sum;
}

Lock_waits lock_waits(uint32_t processor) {
    Waiting const& its = waiting[processor];
    return {__atomic_load_n(&its.waits, __ATOMIC_RELAXED),
            __atomic_load_n(&its.sleeps, __ATOMIC_RELAXED)};
}

void Lock::wait(uint32_t ticket) {
    Waiting& self = waiting[arch::processor_number()];
    __atomic_store_n(&self.waits, self.waits + 1, __ATOMIC_RELAXED);
    for (uint32_t looks = 0; looks < patience || patience == spin_for_ever; ++looks) {
        if (served(ticket))
            return;
        arch::relax();
    }
    __atomic_store_n(&self.sleeps, self.sleeps + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&self.ticket, ticket, __ATOMIC_RELAXED);
    __atomic_store_n(&self.lock, this, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&_sleepers, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        arch::prepare_to_wait();
        if (served(ticket))
            break;
        arch::wait();
    }
    __atomic_fetch_sub(&_sleepers, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&self.lock, nullptr, __ATOMIC_RELEASE);
}

// Whoever has the ticket that is served now, if it sleeps already.
void Lock::wake_next() {
    uint32_t const ticket = __atomic_load_n(&_serving, __ATOMIC_SEQ_CST);
    for (uint32_t number = 0; number < arch::most_processors; ++number)
        if (__atomic_load_n(&waiting[number].lock, __ATOMIC_ACQUIRE) == this &&
            __atomic_load_n(&waiting[number].ticket, __ATOMIC_RELAXED) == ticket)
            return arch::wake(number);
}

} // namespace kernel
