// SPDX-License-Identifier: MIT
// What a thread sleeps on while it waits for a lock or a condition. Each thread has one
// notification with two badges, because a notification has one waiter at most, and because a thread
// that waits for a lock must not take the signal of a condition for the lock's.
#pragma once

#include <lavandin/objects.hpp>
#include <lavandin/thread_control_block.hpp>

namespace lavandin::waker {

inline constexpr uint64_t lock_bit = 1; // of a notification capability without badge
inline constexpr uint64_t condition_bit = 2;

// Gives a thread what it needs to wait; does nothing when it has that already. A process with one
// thread never waits and needs none. Errors: those of notification_create and capability_copy.
Result<void> prepare(Thread_part& thread);
void discard(Thread_part& thread);

// Waits until `bit` was signalled to the calling thread; takes it. Errors: timed_out.
Result<void> wait(uint64_t bit, uint64_t deadline = forever);

} // namespace lavandin::waker
