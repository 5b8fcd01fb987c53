// SPDX-License-Identifier: MIT
// The registers of a thread that has faulted, as the buffer words of the message about it and of
// the answer to it. Of the answer's flags those count that user mode may set.
#pragma once

#include <stdint.h>

namespace lavandin {

struct Fault_registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip; // of the instruction that faulted; a breakpoint's is the one behind it
    uint64_t rflags;

    static constexpr uint64_t words = 18;
};

static_assert(sizeof(Fault_registers) == Fault_registers::words * 8);

} // namespace lavandin
