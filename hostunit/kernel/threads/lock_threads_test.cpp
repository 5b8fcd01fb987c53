// SPDX-License-Identifier: MIT
// The kernel's lock between threads.
#include "processor_threads.hpp"
#include <arch/processor.hpp>
#include <arch/spin.hpp>
#include <atomic>
#include <gtest/gtest.h>
#include <kernel/lock.hpp>
#include <string>
#include <vector>

namespace {

using kernel::Lock;
using kernel::Lock_guard;
using threads::processors;

// The lock's third word begins with how many wait.
uint32_t waiters_of(Lock& lock) {
    return __atomic_load_n(reinterpret_cast<uint16_t*>(&lock) + 4, __ATOMIC_SEQ_CST);
}

struct Wish {
    uint32_t processors;
    uint32_t patience;
};

class Locks : public testing::TestWithParam<Wish> {
protected:
    Locks() { kernel::set_lock_patience(GetParam().patience); }
    ~Locks() override { kernel::set_lock_patience(100); }
    static constexpr unsigned rounds = 2000;
};

TEST_P(Locks, keep_others_out) {
    Lock lock;
    uint64_t count = 0; // not atomic: the sanitizer and the sum see who else comes in
    EXPECT_TRUE(processors().run(GetParam().processors, [&](uint32_t) {
        for (unsigned i = 0; i < rounds; ++i) {
            Lock_guard const guard{lock};
            ++count;
        }
    }));
    EXPECT_EQ(count, uint64_t{GetParam().processors} * rounds);
}

TEST_P(Locks, are_passed_on_to_who_waits_longest) {
    Lock lock;
    std::vector<uint32_t> order;
    std::atomic<bool> held{false};
    uint32_t const count = GetParam().processors;
    EXPECT_TRUE(processors().run(count, [&](uint32_t number) {
        while (number && !(held && waiters_of(lock) == number - 1)) // one comes after the other
            arch::relax();
        lock.acquire();
        held = true;
        while (number == 0 && waiters_of(lock) != count - 1)
            arch::relax();
        order.push_back(number);
        lock.pass_on();
    }));
    ASSERT_EQ(order.size(), count);
    for (uint32_t i = 0; i < count; ++i)
        EXPECT_EQ(order[i], i);
    EXPECT_FALSE(lock.wanted());
    lock.acquire(); // it is open
    lock.pass_on();
    lock.acquire();
    lock.release();
}

// The first comes back at once each time, so that it finds the lock open before those that it has
// woken.
TEST_P(Locks, are_had_by_all_although_somebody_comes_back_at_once) {
    Lock lock;
    std::atomic<uint32_t> others{0};
    uint64_t turns = 0;
    EXPECT_TRUE(processors().run(GetParam().processors, [&](uint32_t number) {
        if (number) {
            Lock_guard const guard{lock};
            ++others;
        }
        while (number == 0 && others != GetParam().processors - 1) {
            Lock_guard const guard{lock};
            ++turns;
        }
    }));
    EXPECT_EQ(others, GetParam().processors - 1);
    EXPECT_FALSE(lock.wanted());
}

TEST_P(Locks, of_several_kinds_at_once) {
    constexpr uint32_t kinds = 3;
    std::array<Lock, kinds> locks;
    std::array<uint64_t, kinds> counts{};
    EXPECT_TRUE(processors().run(GetParam().processors, [&](uint32_t number) {
        for (unsigned i = 0; i < rounds; ++i) {
            uint32_t const outer = (i + number) % (kinds - 1);
            Lock_guard const first{locks[outer]};
            Lock_guard const second{locks[outer + 1]};
            ++counts[outer];
            counts[outer + 1] += 2;
        }
    }));
    uint64_t sum = 0;
    for (uint64_t const each : counts)
        sum += each;
    EXPECT_EQ(sum, uint64_t{GetParam().processors} * rounds * 3);
}

INSTANTIATE_TEST_SUITE_P(Ways, Locks,
                         testing::Values(Wish{2, 0}, Wish{2, 100}, Wish{4, 0}, Wish{4, 3},
                                         Wish{8, 0}, Wish{3, 1000}, Wish{2, kernel::spin_for_ever}),
                         [](auto const& wish) {
                             return std::to_string(wish.param.processors) + "_with_patience_" +
                                    std::to_string(wish.param.patience);
                         });

// What keeps a wake-up from getting lost, and what is seen without it: locks for two, of which the
// second to come sleeps. Each does one thing wrong.
enum class Mistake : uint8_t { none, looks_before_it_says_so, forgets_to_look, prepares_too_late };

class Slow_lock {
public:
    explicit Slow_lock(Mistake mistake) : _mistake{mistake} {}

    void acquire() {
        uint32_t const ticket = _next++;
        if (_serving == ticket)
            return;
        if (_mistake == Mistake::looks_before_it_says_so) {
            arch::prepare_to_wait();
            bool const mine = _serving == ticket;
            let_the_other_go_on();
            _sleeper = threads::Processors::number();
            if (!mine)
                arch::wait();
            return;
        }
        _sleeper = threads::Processors::number();
        if (_mistake == Mistake::forgets_to_look)
            let_the_other_go_on();
        for (;;) {
            if (_mistake != Mistake::prepares_too_late)
                arch::prepare_to_wait();
            if (_mistake != Mistake::forgets_to_look && _serving == ticket)
                return;
            if (_mistake == Mistake::prepares_too_late) {
                let_the_other_go_on();
                arch::prepare_to_wait();
            }
            arch::wait();
            if (_serving == ticket)
                return;
        }
    }
    void release() {
        ++_serving;
        if (uint32_t const sleeper = _sleeper; sleeper != nobody)
            arch::wake(sleeper);
        _released = true;
    }
    bool free() const { return _next == 0; }
    bool somebody_waits() const { return _mistake == Mistake::none ? _next == 2 : _waits.load(); }

private:
    static constexpr uint32_t nobody = ~uint32_t{0};

    void let_the_other_go_on() {
        _waits = true;
        while (!_released)
            arch::relax();
    }

    Mistake const _mistake;
    std::atomic<uint32_t> _next{0};
    std::atomic<uint32_t> _serving{0};
    std::atomic<uint32_t> _sleeper{nobody};
    std::atomic<bool> _waits{false};
    std::atomic<bool> _released{false};
};

bool two_use(Mistake mistake) {
    Slow_lock lock{mistake};
    return processors().run(2, [&](uint32_t number) {
        while (number == 1 && lock.free()) // it comes second
            arch::relax();
        lock.acquire();
        while (number == 0 && !lock.somebody_waits())
            arch::relax();
        lock.release();
    });
}

TEST(Wake_ups, are_not_lost) { EXPECT_TRUE(two_use(Mistake::none)); }
TEST(Wake_ups, are_lost_by_looking_first) {
    EXPECT_FALSE(two_use(Mistake::looks_before_it_says_so));
}
TEST(Wake_ups, are_lost_by_not_looking) { EXPECT_FALSE(two_use(Mistake::forgets_to_look)); }
TEST(Wake_ups, are_lost_by_preparing_late) { EXPECT_FALSE(two_use(Mistake::prepares_too_late)); }

} // namespace
