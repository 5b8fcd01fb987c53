// SPDX-License-Identifier: MIT
#include "processor_threads.hpp"
#include <arch/processor.hpp>
#include <arch/spin.hpp>
#include <thread>
#include <vector>

namespace threads {

namespace {

thread_local uint32_t own_number = 0;

} // namespace

uint32_t Processors::number() { return own_number; }

bool Processors::run(uint32_t count, std::function<void(uint32_t)> const& body) {
    _count = _running = count;
    _woken = {};
    _sleeps = {};
    _deadlock = false;
    std::vector<std::thread> all;
    for (uint32_t number = 0; number < count; ++number)
        all.emplace_back([this, number, &body] {
            own_number = number;
            try {
                body(number);
            } catch (Deadlock const&) {
            }
            leave();
        });
    for (auto& each : all)
        each.join();
    return !_deadlock;
}

// With the mutex held: all that have not returned sleep, and none of them was woken.
bool Processors::nobody_can_go_on() const {
    uint32_t asleep = 0;
    for (uint32_t number = 0; number < _count; ++number)
        asleep += _sleeps[number] && !_woken[number];
    return asleep == _running && _running > 0;
}

void Processors::leave() {
    std::lock_guard const lock{_mutex};
    --_running;
    _deadlock |= nobody_can_go_on();
    _changed.notify_all();
}

void Processors::prepare_to_wait() {
    std::lock_guard const lock{_mutex};
    _woken[own_number] = false;
}

void Processors::wait() {
    std::unique_lock lock{_mutex};
    _sleeps[own_number] = true;
    _deadlock |= nobody_can_go_on();
    _changed.notify_all();
    _changed.wait(lock, [this] { return _woken[own_number] || _deadlock; });
    _sleeps[own_number] = false;
    if (_deadlock)
        throw Deadlock{};
}

void Processors::wake(uint32_t processor) {
    std::lock_guard const lock{_mutex};
    _woken[processor] = true;
    _changed.notify_all();
}

Processors& processors() {
    static Processors instance;
    return instance;
}

} // namespace threads

namespace arch {

uint32_t processor_number() { return threads::Processors::number(); }
void kick(uint32_t processor) { threads::processors().kicked[processor] = true; }
void relax() { std::this_thread::yield(); }
void prepare_to_wait() { threads::processors().prepare_to_wait(); }
void wait() { threads::processors().wait(); }
void wake(uint32_t processor) { threads::processors().wake(processor); }

} // namespace arch
