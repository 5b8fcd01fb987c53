// SPDX-License-Identifier: MIT
// What a serving member does for others.
#pragma once

#include <lavandin/group.hpp>

namespace member {

using namespace lavandin;

inline constexpr size_t usual_stacks = 3; // visitors at a time

using Add = Group_function<0, uint64_t(uint64_t, uint64_t)>;
// Writes to where nothing is.
using Fault = Group_function<1, void()>;
// Signals `inside`, then waits for `go0`, `go1` or `go2`; answers which.
using Wait = Group_function<2, uint64_t(uint64_t)>;
// The same with a mutex held.
using Wait_locked = Group_function<3, uint64_t(uint64_t)>;
// Signals `inside`, then runs for ever.
using Spin = Group_function<4, void()>;
// Adds to a thread-local and to errno; answers what they were.
struct Locals {
    uint64_t variable;
    uint64_t errno_before;
};
using Use_locals = Group_function<5, Locals(uint64_t)>;
// Allocates, fills, checks and frees so many blocks; false when one was not as it was left.
using Allocate = Group_function<6, bool(uint64_t)>;
// Ends the process with this status.
using Exit = Group_function<7, void(int)>;
// Calls a function without arguments (Fault, Spin) or Wait of the member `third`; answers the error
// that this gave.
using Forward = Group_function<8, uint64_t(uint64_t)>;
// Calls the first member back, which calls here, until it goes no deeper; answers how often.
using Bounce = Group_function<9, uint64_t(uint64_t)>;
// Whether the mutex of Wait_locked is free.
using Unlocked = Group_function<10, bool()>;
// As whom the kernel sees the caller.
using Identity = Group_function<11, uint64_t()>;
// Six words there, six back.
struct Six {
    uint64_t word[6];
};
using Reverse = Group_function<12, Six(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t)>;
// Spoils MXCSR, the x87 control word and the direction flag, then faults.
using Spoil = Group_function<13, void()>;

Result<void> serve(size_t stacks);

// Ends this process; the suite prints the line.
[[noreturn]] void fail_at(int line);

} // namespace member

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ::member::fail_at(__LINE__);                                                           \
    } while (false)
