// SPDX-License-Identifier: MIT
#include <lavandin/condition.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/waker.hpp>

namespace lavandin {

void Condition::append(Waiter& waiter) {
    Lock const lock{_guard};
    Waiter** place = &_first;
    while (*place != nullptr)
        place = &(*place)->next;
    *place = &waiter;
}

// False when a notifier has taken it out of the list already: its signal has come or will.
bool Condition::remove(Waiter& waiter) {
    Lock const lock{_guard};
    for (Waiter** place = &_first; *place != nullptr; place = &(*place)->next) {
        if (*place == &waiter) {
            *place = waiter.next;
            return true;
        }
    }
    return false;
}

abi::Result<void> Condition::wait(Mutex& mutex, uint64_t deadline) {
    // A process with one thread has nobody to notify it, but may wait for the deadline.
    static_cast<void>(waker::prepare(current_part()));
    Waiter waiter{current_part().wake_condition, nullptr};
    append(waiter);
    mutex.unlock();
    auto result = waker::wait(waker::condition_bit, deadline);
    if (!result.ok() && !remove(waiter))
        result = waker::wait(waker::condition_bit);
    mutex.lock();
    return result;
}

void Condition::notify_one() {
    abi::Capability_index notification = 0;
    {
        Lock const lock{_guard};
        if (_first == nullptr)
            return;
        notification = _first->notification;
        _first = _first->next;
    }
    static_cast<void>(notification_signal(notification));
}

void Condition::notify_all() {
    // Those who come while this runs are not meant: the list is taken once.
    Waiter* waiter = nullptr;
    {
        Lock const lock{_guard};
        waiter = _first;
        _first = nullptr;
    }
    while (waiter != nullptr) {
        auto const notification = waiter->notification;
        waiter = waiter->next;
        static_cast<void>(notification_signal(notification));
    }
}

} // namespace lavandin
