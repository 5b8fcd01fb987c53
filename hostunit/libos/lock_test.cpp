// SPDX-License-Identifier: MIT
// Locks with real threads: the fake kernel's notifications really wait.
#include "fake_kernel.hpp"

#include <lavandin/condition.hpp>
#include <lavandin/mutex.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/waker.hpp>

#include <gtest/gtest.h>
#include <thread>

namespace lavandin {
namespace {

class LockTest : public testing::Test {
protected:
    // Runs `body` in so many threads, each prepared as Thread::start does it.
    template <typename Body>
    void in_threads(int count, Body body) {
        std::vector<std::thread> threads;
        for (int i = 0; i < count; ++i)
            threads.emplace_back([&] {
                ASSERT_TRUE(waker::prepare(current_part()).ok());
                body();
                waker::discard(current_part());
            });
        for (auto& thread : threads)
            thread.join();
    }

    fake::Kernel kernel;
};

TEST_F(LockTest, MutexExcludes) {
    Mutex mutex;
    int counter = 0;
    in_threads(4, [&] {
        for (int i = 0; i < 3000; ++i) {
            Lock const lock{mutex};
            int const seen = counter;
            if (i % 64 == 0)
                std::this_thread::yield();
            counter = seen + 1;
        }
    });
    EXPECT_EQ(counter, 4 * 3000);
    EXPECT_TRUE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock();
}

// One comes back at once each time, and so finds the mutex free before those that it has woken.
TEST_F(LockTest, MutexIsHadByAllAlthoughSomebodyComesBackAtOnce) {
    Mutex mutex;
    std::atomic<int> role{0};
    std::atomic<int> others{0};
    in_threads(4, [&] {
        if (role++) {
            Lock const lock{mutex};
            ++others;
            return;
        }
        while (others != 3)
            Lock const lock{mutex};
    });
    EXPECT_EQ(others, 3);
    EXPECT_TRUE(mutex.try_lock());
}

TEST_F(LockTest, UncontendedMutexAsksNothingOfTheKernel) {
    Mutex mutex;
    for (int i = 0; i < 10; ++i)
        Lock const lock{mutex};
    EXPECT_EQ(kernel.calls, 0);
}

TEST_F(LockTest, RecursiveMutexNests) {
    Recursive_mutex mutex;
    int counter = 0;
    in_threads(3, [&] {
        for (int i = 0; i < 1000; ++i) {
            Lock const outer{mutex};
            Lock const inner{mutex};
            EXPECT_TRUE(mutex.try_lock());
            ++counter;
            mutex.unlock();
        }
    });
    EXPECT_EQ(counter, 3000);
}

TEST_F(LockTest, ConditionPassesEveryItem) {
    Mutex mutex;
    Condition changed;
    int items = 0;
    int taken = 0;
    constexpr int total = 1500;
    std::atomic<int> role{0};
    in_threads(4, [&] {
        if (role++ < 1) {
            for (int i = 0; i < total; ++i) {
                Lock const lock{mutex};
                ++items;
                changed.notify_one();
            }
            return;
        }
        for (int i = 0; i < total / 3; ++i) {
            Lock const lock{mutex};
            while (items == 0)
                EXPECT_TRUE(changed.wait(mutex).ok());
            --items;
            ++taken;
        }
    });
    EXPECT_EQ(taken, total);
}

TEST_F(LockTest, NotifyAllWakesAll) {
    Mutex mutex;
    Condition changed;
    bool go = false;
    std::atomic<int> role{0};
    std::atomic<int> woken{0};
    in_threads(4, [&] {
        if (role++ == 3) {
            Lock const lock{mutex};
            go = true;
            changed.notify_all();
            return;
        }
        Lock const lock{mutex};
        while (!go)
            EXPECT_TRUE(changed.wait(mutex).ok());
        ++woken;
    });
    EXPECT_EQ(woken, 3);
}

// Deadlines that pass while a notifier is at work must not leave a signal for a later wait.
TEST_F(LockTest, DeadlinesAndNotifiersRace) {
    Mutex mutex;
    Condition changed;
    std::atomic<int> role{0};
    std::atomic<bool> done{false};
    in_threads(3, [&] {
        if (role++ == 0) {
            while (!done) {
                changed.notify_one();
                std::this_thread::yield();
            }
            return;
        }
        for (int i = 0; i < 300; ++i) {
            Lock const lock{mutex};
            auto const result = changed.wait(mutex, 1);
            EXPECT_TRUE(result.ok() || result.error() == Error::timed_out);
            EXPECT_EQ(current_part().wake_pending & waker::condition_bit, 0u);
        }
        done = true;
    });
}

TEST_F(LockTest, WakersAreUndoneWhenOneFails) {
    int const before = fake::Object::live;
    for (kernel.fail_at = 0; kernel.fail_at < 2; ++kernel.fail_at) {
        kernel.calls = 0;
        EXPECT_FALSE(waker::prepare(current_part()).ok());
        EXPECT_EQ(fake::Object::live, before);
    }
}

} // namespace
} // namespace lavandin
