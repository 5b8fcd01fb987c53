// SPDX-License-Identifier: MIT
// Condition variable: waiting, with a mutex released meanwhile, until another thread says that
// something changed.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/abi/result.hpp>
#include <lavandin/mutex.hpp>

namespace lavandin {

class Condition {
public:
    constexpr Condition() = default;

    // Releases `mutex`, waits, and takes it again, also after an error. Like any condition
    // variable: check what is waited for in a loop. Errors: timed_out when `deadline` (nanoseconds
    // of the clock) passed first.
    abi::Result<void> wait(Mutex& mutex, uint64_t deadline = abi::forever);

    void notify_one();
    void notify_all();

private:
    struct Waiter {
        abi::Capability_index notification;
        Waiter* next;
    };

    void append(Waiter& waiter);
    bool remove(Waiter& waiter);

    Mutex _guard;
    Waiter* _first{nullptr}; // oldest first; guarded by _guard, as is the list itself
};

} // namespace lavandin
