// SPDX-License-Identifier: MIT
// From a system call's number to its handler. The definitions are made from system_calls.toml.
#pragma once

#include <stdint.h>

namespace kernel {

class Thread;

// How a call enters the kernel (gate.hpp).
enum class Entry : uint8_t {
    exclusive, // as everything does that is not named so
    shared,    // all of it
    attempt,   // shared for the usual case, exclusive when that does not apply
};
Entry entry_of(uint64_t number);

// The usual case of a call, for who has entered shared. False, and nothing has changed, when it
// does not apply.
bool attempt_call(Thread& caller);

void dispatch(Thread& caller);

} // namespace kernel
