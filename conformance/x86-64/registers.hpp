// SPDX-License-Identifier: MIT
// All registers of a thread, to be loaded and stored at once by assembly (registers.S).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace conformance {

struct Register_file {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rflags;
};

static_assert(offsetof(Register_file, rdi) == 0x28);
static_assert(offsetof(Register_file, rflags) == 0x78);

// As fxsave64 writes it (Intel SDM volume 1, section 10.5.1).
struct alignas(16) Fpu_file {
    uint16_t control_word;
    uint16_t status_word;
    uint8_t tag_word;
    uint8_t reserved;
    uint16_t last_opcode;
    uint64_t last_instruction;
    uint64_t last_data;
    uint32_t mxcsr;
    uint32_t mxcsr_mask;
    uint8_t st[8][16]; // 10 bytes of each count
    uint8_t xmm[16][16];
    uint8_t unused[96];
};

static_assert(sizeof(Fpu_file) == 512);

extern "C" {

// Loads all registers and flags, enters the kernel, stores what it left.
void registers_enter_kernel(Register_file* registers);
// The same with rsp as given: what memory is there does not matter to the system call.
void registers_enter_kernel_on(uint64_t stack_pointer, Register_file* registers);

// Loads all registers, counts registers_rounds down to 0 and stores what is left in them.
void registers_spin(Register_file* registers, Fpu_file* fpu);
[[gnu::visibility("hidden")]] extern uint64_t registers_rounds;

// A thread's first instruction: stores all registers and sets `done`. Takes a First_sight.
void registers_first_instruction();
}

struct First_sight {
    Register_file registers;
    Fpu_file fpu;
    uint64_t volatile done;
};

} // namespace conformance
