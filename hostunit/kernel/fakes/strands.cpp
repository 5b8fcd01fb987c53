// SPDX-License-Identifier: MIT
#include "strands.hpp"
#include "platform.hpp"
#include <arch/spin.hpp>
#include <cstdio>
#include <cstdlib>
#include <kernel/scheduler.hpp>
#include <utility>

namespace fake {

namespace {

[[noreturn]] void give_up(char const* why) {
    std::fprintf(stderr, "processor %u: %s\n", strands().executing(), why);
    std::abort();
}

bool in_user_mode(uint32_t processor) {
    auto const* const found = kernel::processors().at(processor);
    return found && found->gate.in_user_mode();
}

} // namespace

uint32_t Strands::next_woken() const {
    for (uint32_t number = 0; number < machine_processors; ++number)
        if (_strands[number].waits && _strands[number].woken)
            return number;
    return nobody;
}

uint32_t Strands::next_kicked() const {
    for (uint32_t number = 0; number < machine_processors; ++number)
        if (platform().each[number].kicked && !_strands[number].runs && in_user_mode(number))
            return number;
    return nobody;
}

// With the mutex held.
bool Strands::begin_another() {
    uint32_t const number = next_kicked();
    if (number == nobody)
        return false;
    Entry entry = std::move(_interrupted[number]);
    _interrupted[number] = nullptr;
    if (!entry) {
        platform().each[number].kicked = false;
        entry = _event;
    }
    begin_guest(number, entry);
    return true;
}

void Strands::begin_guest(uint32_t processor, Entry const& entry) {
    Strand& strand = _strands[processor];
    if (strand.thread.joinable())
        strand.thread.join(); // it is over: its strand does not run
    strand.runs = strand.guest = true;
    ++_running;
    _baton = _executing = processor;
    strand.thread = std::thread{[this, processor, entry] { execute_guest(processor, entry); }};
}

// Who begins it counts as woken, so that it is next.
void Strands::begin(uint32_t processor, Entry const& entry) {
    std::unique_lock lock{_mutex};
    uint32_t const self = _executing;
    if (_strands[processor].runs)
        give_up("is to begin something while another one does something");
    _strands[self].waits = _strands[self].woken = true;
    begin_guest(processor, entry);
    _passed.wait(lock, [&] { return _baton == self; });
    _executing = self;
    _strands[self].waits = _strands[self].woken = false;
}

void Strands::pass_to(std::unique_lock<std::mutex>& lock, uint32_t processor, uint32_t self) {
    _baton = processor;
    if (processor != nobody)
        _executing = processor;
    _passed.notify_all();
    _passed.wait(lock, [&] { return _baton == self; });
}

void Strands::wait() {
    std::unique_lock lock{_mutex};
    uint32_t const self = _executing;
    Strand& strand = _strands[self];
    if (strand.woken)
        return;
    if (!strand.runs)
        give_up("a lock is taken twice");
    strand.waits = true;
    if (uint32_t const woken = next_woken(); woken != nobody)
        pass_to(lock, woken, self);
    else if (begin_another())
        _passed.wait(lock, [&] { return _baton == self; });
    else if (_home_done && _home != self)
        pass_to(lock, nobody, self);
    else
        give_up("waits for ever");
    _executing = self;
    strand.waits = false;
}

void Strands::execute_guest(uint32_t processor, Entry const& entry) {
    {
        std::unique_lock lock{_mutex};
        _passed.wait(lock, [&] { return _baton == processor; });
    }
    platform().stack_begin = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
    try {
        entry();
    } catch (...) {
        _thrown = std::current_exception();
    }
    finish(processor);
}

// A guest's end: somebody who was woken goes on, or the test.
void Strands::finish(uint32_t processor) {
    std::unique_lock const lock{_mutex};
    _strands[processor].runs = _strands[processor].guest = false;
    --_running;
    uint32_t const woken = next_woken();
    if (woken == nobody && !_home_done && !begin_another())
        give_up("leaves another one waiting for ever");
    if (woken != nobody)
        _baton = _executing = woken;
    else if (_home_done)
        _baton = nobody;
    _passed.notify_all();
}

void Strands::run(uint32_t processor, Entry const& entry) {
    _home = _executing = processor;
    _home_done = false;
    _strands[processor].runs = true;
    ++_running;
    _baton = processor;
    try {
        entry();
    } catch (...) {
        _thrown = std::current_exception();
    }
    std::unique_lock lock{_mutex};
    _home_done = true;
    _strands[processor].runs = false;
    --_running;
    for (uint32_t woken = next_woken(); woken != nobody; woken = next_woken())
        pass_to(lock, woken, nobody);
    _baton = nobody;
    _executing = processor;
    for (Strand& strand : _strands) {
        if (strand.runs)
            give_up("another one waits for ever");
        if (strand.thread.joinable()) {
            lock.unlock();
            strand.thread.join();
            lock.lock();
        }
    }
    if (_thrown)
        std::rethrow_exception(std::exchange(_thrown, nullptr));
}

Strands& strands() {
    static Strands instance;
    return instance;
}

} // namespace fake

namespace arch {

using fake::at_once;
using fake::strands;

void relax() {
    if (at_once)
        at_once->relax();
}

void prepare_to_wait() { at_once ? at_once->prepare_to_wait() : strands().prepare_to_wait(); }
void wait() { at_once ? at_once->wait() : strands().wait(); }
void wake(uint32_t processor) { at_once ? at_once->wake(processor) : strands().wake(processor); }

} // namespace arch
