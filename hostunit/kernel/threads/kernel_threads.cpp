// SPDX-License-Identifier: MIT
#include "kernel_threads.hpp"
#include <algorithm>
#include <thread>
#include <vector>

namespace threads {

namespace {

thread_local uint32_t own_number = 0;

} // namespace

uint32_t Kernel_threads::executing() const { return own_number; }

bool Kernel_threads::run(uint32_t count, std::function<void(uint32_t)> const& body) {
    _count = count;
    fake::at_once = this;
    std::vector<std::thread> all;
    for (uint32_t number = 0; number < count; ++number)
        all.emplace_back([number, &body] {
            own_number = number;
            try {
                body(number);
            } catch (Deadlock const&) {
            }
        });
    for (auto& each : all)
        each.join();
    fake::at_once = nullptr;
    return !_deadlock;
}

bool Kernel_threads::quiet(Each const& each) const {
    bool const rests = each.enough || ((each.rests || each.down) && !_ending);
    return (each.waits && !each.woken) || (rests && !each.kicked);
}

// With the mutex held.
void Kernel_threads::pass_time_or_give_up() {
    bool all_rest = true;
    bool all_enough = true;
    kernel::Time next = kernel::never;
    for (uint32_t number = 0; number < _count; ++number) {
        Each const& each = _each[number];
        all_rest = all_rest && quiet(each);
        all_enough = all_enough && each.enough;
        if (each.rests)
            next = std::min(next, each.timer);
    }
    if (!all_rest || all_enough)
        return;
    if (next == kernel::never)
        _deadlock = true;
    else if (next > looked_at())
        _now = next;
    _changed.notify_all();
}

void Kernel_threads::wait_for(std::unique_lock<std::mutex>& lock,
                              std::function<bool()> const& what) {
    pass_time_or_give_up();
    _changed.wait(lock, [&] { return _deadlock || what(); });
    if (_deadlock)
        throw Deadlock{};
}

void Kernel_threads::rest(kernel::Time timer) {
    std::unique_lock lock{_mutex};
    Each& self = _each[own_number];
    self.rests = true;
    self.timer = timer;
    wait_for(lock, [&] { return self.kicked || timer <= looked_at() || _ending; });
    self.rests = false;
}

bool Kernel_threads::all_have_enough() {
    std::this_thread::yield();
    std::lock_guard const lock{_mutex};
    _each[own_number].enough = _ending = true;
    _changed.notify_all();
    pass_time_or_give_up();
    if (_deadlock)
        throw Deadlock{};
    return std::all_of(_each.begin(), _each.begin() + _count,
                       [](Each const& each) { return each.enough; });
}

void Kernel_threads::kick(uint32_t processor) {
    std::lock_guard const lock{_mutex};
    _each[processor].kicked = true;
    _changed.notify_all();
}

void Kernel_threads::relax() { std::this_thread::yield(); }

void Kernel_threads::prepare_to_wait() {
    std::lock_guard const lock{_mutex};
    _each[own_number].woken = false;
}

void Kernel_threads::wait() {
    std::unique_lock lock{_mutex};
    Each& self = _each[own_number];
    self.waits = true;
    wait_for(lock, [&] { return self.woken; });
    self.waits = false;
}

void Kernel_threads::wake(uint32_t processor) {
    std::lock_guard const lock{_mutex};
    _each[processor].woken = true;
    _changed.notify_all();
}

void Kernel_threads::go_down() {
    std::lock_guard const lock{_mutex};
    _each[own_number].down = true;
    _changed.notify_all();
}

void Kernel_threads::bring_up(uint32_t processor) {
    std::unique_lock lock{_mutex};
    _changed.wait(lock, [&] { return _each[processor].down; });
    _each[processor].down = false;
    _changed.notify_all();
}

bool Kernel_threads::wait_to_come_up() {
    std::unique_lock lock{_mutex};
    Each const& self = _each[own_number];
    wait_for(lock, [&] { return !self.down || _ending; });
    return !self.down;
}

} // namespace threads
