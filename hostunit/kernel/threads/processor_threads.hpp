// SPDX-License-Identifier: MIT
// Threads that stand for processors: arch::wait() and arch::wake() among them. When all of them
// sleep and nobody has been woken, nobody ever will be: all waits end by Deadlock then.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace threads {

struct Deadlock {};

class Processors {
public:
    static constexpr uint32_t most = 8;

    // Runs `body(number)` on so many processors at once, until all have returned.
    // False when they came to a deadlock.
    bool run(uint32_t count, std::function<void(uint32_t)> const& body);

    void prepare_to_wait();
    void wait();
    void wake(uint32_t processor);

    // What arch::kick() does: the processor looks for it while it is in user mode.
    std::array<std::atomic<bool>, most> kicked{};

    static uint32_t number();

private:
    void leave();
    bool nobody_can_go_on() const;

    std::mutex _mutex;
    std::condition_variable _changed;
    std::array<bool, most> _woken{};
    std::array<bool, most> _sleeps{};
    uint32_t _running{0};
    uint32_t _count{0};
    bool _deadlock{false};
};

Processors& processors();

} // namespace threads
