// SPDX-License-Identifier: MIT
#include "protocol.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/mutex.hpp>
#include <lavandin/objects.hpp>

#include <errno.h>
#include <iterator>
#include <stdlib.h>

namespace member {

namespace {

constinit Mutex mutex;
thread_local uint64_t variable = 40;

Notification given(char const* name) {
    return Notification::borrow(environment().capability(name));
}

Result<uint64_t> add(uint64_t a, uint64_t b) { return a + b; }

Result<void> fault() {
    *reinterpret_cast<uint64_t volatile*>(environment().heap().end - 8) = 1;
    return {};
}

Result<uint64_t> wait(uint64_t which) {
    static constexpr char const* names[]{"go0", "go1", "go2"};
    TRY_VOID(given("inside").signal());
    static_cast<void>(TRY(given(names[which % std::size(names)]).wait()));
    return which;
}

Result<uint64_t> wait_locked(uint64_t which) {
    Lock const lock{mutex};
    return wait(which);
}

Result<void> spin() {
    TRY_VOID(given("inside").signal());
    while (true)
        asm volatile("pause");
}

Result<Locals> use_locals(uint64_t by) {
    Locals const before{variable, static_cast<uint64_t>(errno)};
    variable += by;
    errno += static_cast<int>(by);
    return before;
}

Result<bool> allocate(uint64_t count) {
    bool good = true;
    for (uint64_t i = 1; i <= count; ++i) {
        auto* const block = static_cast<uint64_t*>(malloc(i % 50 * 8 + 8));
        if (block == nullptr)
            return Error::out_of_memory;
        *block = i;
        if (i % 8 == 0)
            static_cast<void>(thread_yield());
        good &= *block == i;
        free(block);
    }
    return good;
}

Result<void> end(int status) { exit(status); }

Result<uint64_t> forward(uint64_t function) {
    Group_words words;
    auto const third = TRY(Group_peer::find("third"));
    return static_cast<uint64_t>(third.call(function, words));
}

Result<uint64_t> bounce(uint64_t times) {
    auto const other = TRY(Group_peer::find(times % 2 == 0 ? "first" : "second"));
    auto const deeper = Bounce::call(other, times + 1);
    if (deeper.error() == Error::too_large)
        return times;
    return deeper;
}

Result<bool> unlocked() {
    bool const taken = mutex.try_lock();
    if (taken)
        mutex.unlock();
    return taken;
}

Result<uint64_t> identity() { return TRY(Process::self().information()).member; }

Result<Six> reverse(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
    return Six{{f, e, d, c, b, a}};
}

Result<void> spoil() {
    uint32_t const mxcsr = 0x7f80;        // round to zero
    uint16_t const control_word = 0x0c7f; // the same, single precision
    asm volatile("ldmxcsr %0; fldcw %1; fld1; fld1; std" ::"m"(mxcsr), "m"(control_word));
    return fault();
}

constexpr Group_entry entries[] = {
    Add::serve<add>,           Fault::serve<fault>,
    Wait::serve<wait>,         Wait_locked::serve<wait_locked>,
    Spin::serve<spin>,         Use_locals::serve<use_locals>,
    Allocate::serve<allocate>, Exit::serve<end>,
    Forward::serve<forward>,   Bounce::serve<bounce>,
    Unlocked::serve<unlocked>, Identity::serve<identity>,
    Reverse::serve<reverse>,   Spoil::serve<spoil>,
};
static_assert(std::size(entries) == Spoil::index + 1);

} // namespace

Result<void> serve(size_t stacks) { return serve_group(entries, {.stacks = stacks}); }

} // namespace member
