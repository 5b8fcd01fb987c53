// SPDX-License-Identifier: MIT
// A fault that a thread caused, and what is being done about it.
//
//   none --> reported --> allowed -----> none          the answer says "go on"
//                |
//                +------> unanswered --> (its end)     any other answer, or nobody answers any more
//
// `reported` threads wait like callers. `unanswered` ones end their process when they come to run:
// whoever finds out may be ending something itself, and one end must not happen inside another.
#pragma once

#include <stdint.h>

namespace kernel {

struct Fault {
    uint64_t vector;
    uint64_t code;
    uint64_t address; // page faults; else 0
    char const* name;
    bool write_refused{false}; // a write to a page that is mapped, but not for that
};

enum class Fault_state : uint8_t { none, reported, allowed, unanswered };

} // namespace kernel
