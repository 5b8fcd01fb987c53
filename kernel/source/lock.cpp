// SPDX-License-Identifier: MIT
// Waiting for a lock. Each processor waits for one at a time, and says for which, and whether it
// sleeps. All that two of them tell each other is written before the writer looks for what the
// other has written, with a full barrier in between: so one of them sees the other.
#include <arch/processor.hpp>
#include <arch/spin.hpp>
#include <kernel/lock.hpp>

namespace kernel {

namespace {

struct alignas(64) Waiting {
    Lock const* lock{nullptr};
    uint64_t arrival{0};
    bool sleeps{false};
    bool handed{false}; // the lock is this processor's now
    uint64_t waits{0};
    uint64_t sleep_count{0};
};

Waiting waiting[arch::most_processors];
uint64_t who_waits; // bit n: processor n, for some lock
uint64_t arrivals;
static_assert(arch::most_processors <= 64);

constexpr uint32_t nobody = ~uint32_t{0};

// A holder that runs is soon done: critical sections are short. One that does not run never is.
uint32_t patience = 100;

// After so many wake-ups in vain a sleeper is handed the lock. Each time that happens, everybody
// waits until the platform lets that one run.
constexpr unsigned most_in_vain = 3;

bool handed(Waiting const& self) { return __atomic_load_n(&self.handed, __ATOMIC_SEQ_CST); }

// `value` becomes 0 if it is that processor.
void forget(uint8_t& value, uint32_t processor) {
    auto expected = static_cast<uint8_t>(processor + 1);
    __atomic_compare_exchange_n(&value, &expected, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// It becomes that processor if it is none.
bool propose(uint8_t& value, uint32_t processor) {
    uint8_t expected = 0;
    return __atomic_compare_exchange_n(&value, &expected, static_cast<uint8_t>(processor + 1),
                                       false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

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
            __atomic_load_n(&its.sleep_count, __ATOMIC_RELAXED)};
}

void Lock::wait() {
    uint32_t const number = arch::processor_number();
    Waiting& self = waiting[number];
    __atomic_store_n(&self.waits, self.waits + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&self.arrival, __atomic_fetch_add(&arrivals, 1, __ATOMIC_RELAXED),
                     __ATOMIC_RELAXED);
    __atomic_store_n(&self.lock, this, __ATOMIC_RELAXED);
    __atomic_fetch_or(&who_waits, uint64_t{1} << number, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&_waiters, 1, __ATOMIC_SEQ_CST);
    bool mine = false;
    for (uint32_t looks = 0; !mine && (looks < patience || patience == spin_for_ever); ++looks) {
        arch::relax();
        mine = handed(self) || try_acquire();
    }
    if (!mine)
        sleep(number);
    // We hold it, and so nobody hands it over: what was said about us is void.
    __atomic_store_n(&self.lock, nullptr, __ATOMIC_SEQ_CST);
    __atomic_fetch_and(&who_waits, ~(uint64_t{1} << number), __ATOMIC_SEQ_CST);
    __atomic_fetch_sub(&_waiters, 1, __ATOMIC_SEQ_CST);
    forget(_woken, number);
    forget(_heir, number);
    __atomic_store_n(&self.handed, false, __ATOMIC_RELAXED);
}

void Lock::sleep(uint32_t self) {
    Waiting& its = waiting[self];
    __atomic_store_n(&its.sleep_count, its.sleep_count + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&its.sleeps, true, __ATOMIC_SEQ_CST);
    for (unsigned in_vain = 0;; ++in_vain) {
        arch::prepare_to_wait();
        forget(_woken, self); // from now on the wake-up of another is not ours
        if (in_vain >= most_in_vain)
            (void)propose(_heir, self);
        if (handed(its) || try_acquire())
            break;
        arch::wait();
    }
    __atomic_store_n(&its.sleeps, false, __ATOMIC_RELAXED);
}

uint32_t Lock::longest(bool sleeps) const {
    uint32_t found = nobody;
    uint64_t earliest = 0;
    for (uint64_t left = __atomic_load_n(&who_waits, __ATOMIC_SEQ_CST); left; left &= left - 1) {
        auto const number = static_cast<uint32_t>(__builtin_ctzl(left));
        Waiting const& its = waiting[number];
        if (__atomic_load_n(&its.lock, __ATOMIC_SEQ_CST) != this ||
            (sleeps && !__atomic_load_n(&its.sleeps, __ATOMIC_SEQ_CST)))
            continue;
        uint64_t const arrival = __atomic_load_n(&its.arrival, __ATOMIC_RELAXED);
        if (found == nobody || arrival < earliest) {
            found = number;
            earliest = arrival;
        }
    }
    return found;
}

// One at a time is on its way. The chosen one may have come by itself meanwhile; then another is.
void Lock::wake_one() {
    for (;;) {
        uint32_t const chosen = longest(true);
        if (chosen == nobody || !propose(_woken, chosen))
            return;
        if (__atomic_load_n(&waiting[chosen].lock, __ATOMIC_SEQ_CST) == this)
            return arch::wake(chosen);
        forget(_woken, chosen);
    }
}

// Who waits cannot leave as long as we hold the lock.
void Lock::hand_to(uint32_t processor) {
    forget(_heir, processor);
    Waiting& its = waiting[processor];
    __atomic_store_n(&its.handed, true, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&its.sleeps, __ATOMIC_SEQ_CST))
        arch::wake(processor);
}

void Lock::pass_on() {
    uint32_t const next = wanted() ? longest(false) : nobody;
    if (next == nobody)
        return release();
    hand_to(next);
}

} // namespace kernel
