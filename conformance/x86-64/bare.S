// SPDX-License-Identifier: MIT
// The code that every bare process has at BARE_TEXT: it is copied there, so that it refers to
// itself relatively and to all else by its fixed address. rdi: the address of a Bare_state.

#include "x86-64/bare_layout.h"

#define PROCESS_DESTROY 2
#define THREAD_YIELD 8
#define SELF_PROCESS 1

// Register_file, in Bare_state
#define REGISTER(offset) BARE_REGISTERS + offset

    .section .rodata.bare, "a", @progbits
    .globl bare_begin
    .hidden bare_begin
bare_begin:

// Loads the state and goes to its target. Selectors that are 0 are left alone.
    .globl bare_enter
    .hidden bare_enter
bare_enter:
    fxrstor64 BARE_FPU(%rdi)
    movzwl BARE_SELECTORS(%rdi), %eax
    testl %eax, %eax
    jz 1f
    movl %eax, %ds
1:  movzwl BARE_SELECTORS+2(%rdi), %eax
    testl %eax, %eax
    jz 1f
    movl %eax, %es
1:  movzwl BARE_SELECTORS+4(%rdi), %eax
    testl %eax, %eax
    jz 1f
    movl %eax, %fs
1:  movzwl BARE_SELECTORS+6(%rdi), %eax
    testl %eax, %eax
    jz 1f
    movl %eax, %gs
1:  pushq REGISTER(0x78)(%rdi)
    popfq
    movq BARE_STACK_POINTER(%rdi), %rsp
    movq REGISTER(0x00)(%rdi), %rax
    movq REGISTER(0x08)(%rdi), %rbx
    movq REGISTER(0x10)(%rdi), %rcx
    movq REGISTER(0x18)(%rdi), %rdx
    movq REGISTER(0x20)(%rdi), %rsi
    movq REGISTER(0x30)(%rdi), %rbp
    movq REGISTER(0x38)(%rdi), %r8
    movq REGISTER(0x40)(%rdi), %r9
    movq REGISTER(0x48)(%rdi), %r10
    movq REGISTER(0x50)(%rdi), %r11
    movq REGISTER(0x58)(%rdi), %r12
    movq REGISTER(0x60)(%rdi), %r13
    movq REGISTER(0x68)(%rdi), %r14
    movq REGISTER(0x70)(%rdi), %r15
    movq REGISTER(0x28)(%rdi), %rdi
    jmpq *BARE_STATE + BARE_TARGET

// Targets that keep the state as it is, for others to meet it: gives way for ever, runs for ever.
    .globl bare_yield
    .hidden bare_yield
bare_yield:
    movl $THREAD_YIELD, %eax
    syscall
    jmp bare_yield

    .globl bare_spin
    .hidden bare_spin
bare_spin:
    jmp bare_spin

    .globl bare_fault
    .hidden bare_fault
bare_fault:
    ud2

// Stores the state as it is at the first instruction, and behind it as it is after others ran. The
// flags of the second state are those that its own instructions leave.
    .globl bare_inspect
    .hidden bare_inspect
bare_inspect:
    movq %rax, REGISTER(0x00)(%rdi)
    movq %rbx, REGISTER(0x08)(%rdi)
    movq %rcx, REGISTER(0x10)(%rdi)
    movq %rdx, REGISTER(0x18)(%rdi)
    movq %rsi, REGISTER(0x20)(%rdi)
    movq %rdi, REGISTER(0x28)(%rdi)
    movq %rbp, REGISTER(0x30)(%rdi)
    movq %r8, REGISTER(0x38)(%rdi)
    movq %r9, REGISTER(0x40)(%rdi)
    movq %r10, REGISTER(0x48)(%rdi)
    movq %r11, REGISTER(0x50)(%rdi)
    movq %r12, REGISTER(0x58)(%rdi)
    movq %r13, REGISTER(0x60)(%rdi)
    movq %r14, REGISTER(0x68)(%rdi)
    movq %r15, REGISTER(0x70)(%rdi)
    call bare_store_rest
    addq $BARE_STATE_BYTES, %rdi
    movl $8, %ebx
1:  movl $THREAD_YIELD, %eax
    syscall
    decl %ebx
    jnz 1b
    call bare_store_rest
2:  movl $SELF_PROCESS, %edi
    xorl %esi, %esi
    movl $PROCESS_DESTROY, %eax
    syscall
    jmp 2b

bare_store_rest:
    pushfq
    popq REGISTER(0x78)(%rdi)
    fxsave64 BARE_FPU(%rdi)
    movw %ds, BARE_SELECTORS(%rdi)
    movw %es, BARE_SELECTORS+2(%rdi)
    movw %fs, BARE_SELECTORS+4(%rdi)
    movw %gs, BARE_SELECTORS+6(%rdi)
    movw %cs, BARE_SELECTORS+8(%rdi)
    movw %ss, BARE_SELECTORS+10(%rdi)
    movq %fs:BARE_STATE + BARE_MAGIC, %rax
    movq %rax, BARE_BY_FS(%rdi)
    movq %gs:BARE_STATE + BARE_MAGIC, %rax
    movq %rax, BARE_BY_GS(%rdi)
    cmpq $0, BARE_STATE + BARE_HAS_XSAVE
    je 1f
    movl $4, %eax // AVX
    xorl %edx, %edx
    xsave64 BARE_EXTENDED(%rdi)
1:  ret

    .globl bare_end
    .hidden bare_end
bare_end:

    .section .note.GNU-stack, "", @progbits
