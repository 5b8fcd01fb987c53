// SPDX-License-Identifier: MIT
// `kernel_fault=N` on the command line: shows what a fault in the kernel looks like.
#pragma once

#include <stdint.h>

namespace kernel {

enum class Fault_moment : uint64_t {
    start = 1,    // before there is any process
    shutdown = 2, // in the system call that ends the machine, with everything else running
};

// What the command line says counts from now on.
void set_fault_moment(char const* command_line);

// A word to write to, which faults when this is the moment that was asked for. The write stands in
// the caller, so that the stack that is shown begins there.
uint64_t volatile* fault_word(Fault_moment moment);

} // namespace kernel
