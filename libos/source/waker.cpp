// SPDX-License-Identifier: MIT
#include <lavandin/thread_pointer.hpp>
#include <lavandin/waker.hpp>

namespace lavandin::waker {

Result<void> prepare(Thread_part& thread) {
    if (thread.wake_notification != 0)
        return {};
    auto notification = TRY(Notification::create());
    auto condition = TRY(notification.copy(notification_permission::signal, condition_bit));
    thread.wake_condition = condition.release();
    thread.wake_notification = notification.release();
    return {};
}

void discard(Thread_part& thread) {
    Notification{thread.wake_condition}.reset();
    Notification{thread.wake_notification}.reset();
    thread.wake_condition = 0;
    thread.wake_notification = 0;
}

Result<void> wait(uint64_t bit, uint64_t deadline) {
    auto& thread = current_part();
    while ((thread.wake_pending & bit) == 0)
        thread.wake_pending |= TRY(notification_wait(thread.wake_notification, deadline));
    thread.wake_pending &= ~bit;
    return {};
}

} // namespace lavandin::waker
