// SPDX-License-Identifier: MIT
// A machine whose processors are threads of the host. Time passes as they look at it, and to the
// next timer when all of them rest. When they rest and no timer is set, they will for ever: a
// wake-up was lost, and all waits end by Deadlock then.
//
// Nothing here that happens all the time orders what different processors do: the sanitizer would
// take it for what the kernel should have done.
#pragma once

#include "fakes/at_once.hpp"
#include "fakes/strands.hpp"
#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace threads {

class Kernel_threads : public fake::At_once {
public:
    struct Deadlock {};

    explicit Kernel_threads(kernel::Time now) : _now{now} {}

    // Runs `body(number)` on so many processors at once, until all have returned. False: they came
    // to a deadlock.
    bool run(uint32_t count, std::function<void(uint32_t)> const& body);

    // For the body: without a thread to run, until it is kicked or the timer comes, or all have
    // enough.
    void rest(kernel::Time timer);
    // For the body of one that has gone down: until it is brought up, or all have enough, false.
    bool wait_to_come_up();
    // It was kicked since the last time.
    bool take_kick() {
        return _each[executing()].kicked.exchange(false, std::memory_order_relaxed);
    }
    // It wants to end. False as long as not all do.
    bool all_have_enough();
    bool timer_due(kernel::Time timer) const { return timer <= looked_at(); }
    bool deadlock() const { return _deadlock; }

    uint32_t executing() const override;
    kernel::Time now() override { return _now.fetch_add(step, std::memory_order_relaxed); }
    void kick(uint32_t processor) override;
    void relax() override;
    void prepare_to_wait() override;
    void wait() override;
    void wake(uint32_t processor) override;
    void go_down() override;
    void bring_up(uint32_t processor) override;

private:
    static constexpr kernel::Time step = 20'000; // nanoseconds between two looks

    struct Each {
        std::atomic<bool> kicked{false};
        bool waits{false}; // for a lock
        bool woken{false};
        bool rests{false}; // has no thread
        bool enough{false};
        bool down{false};
        kernel::Time timer{0};
    };

    kernel::Time looked_at() const { return _now.load(std::memory_order_relaxed); }
    void wait_for(std::unique_lock<std::mutex>& lock, std::function<bool()> const& what);
    bool quiet(Each const& each) const;
    void pass_time_or_give_up();

    std::array<Each, fake::machine_processors> _each;
    std::atomic<kernel::Time> _now;
    std::atomic<bool> _deadlock{false};
    bool _ending{false}; // somebody has enough
    uint32_t _count{0};
    std::mutex _mutex;
    std::condition_variable _changed;
};

} // namespace threads
