// SPDX-License-Identifier: MIT
// The way into the kernel. Registers as kernel/abi/system_calls.toml says.
#pragma once

#include <lavandin/abi/error.hpp>
#include <lavandin/abi/system_call_numbers.hpp>

#include <stdint.h>

namespace lavandin {

struct Registers {
    uint64_t word[6]; // rdi, rsi, rdx, r10, r8, r9
};

// Enters the kernel with the words of `registers`, and puts there what it answers.
[[gnu::always_inline]] inline abi::Error enter_kernel(abi::System_call call, Registers& registers) {
    uint64_t number_and_error = static_cast<uint64_t>(call);
    register uint64_t word3 __asm__("r10") = registers.word[3];
    register uint64_t word4 __asm__("r8") = registers.word[4];
    register uint64_t word5 __asm__("r9") = registers.word[5];
    __asm__ volatile("syscall"
                     : "+a"(number_and_error), "+D"(registers.word[0]), "+S"(registers.word[1]),
                       "+d"(registers.word[2]), "+r"(word3), "+r"(word4), "+r"(word5)
                     :
                     : "rcx", "r11", "memory");
    registers.word[3] = word3;
    registers.word[4] = word4;
    registers.word[5] = word5;
    return static_cast<abi::Error>(number_and_error);
}

} // namespace lavandin
