// SPDX-License-Identifier: MIT
// Registers as registers.hpp lays them out.

#define RAX 0x00
#define RBX 0x08
#define RCX 0x10
#define RDX 0x18
#define RSI 0x20
#define RDI 0x28
#define RBP 0x30
#define R8 0x38
#define R9 0x40
#define R10 0x48
#define R11 0x50
#define R12 0x58
#define R13 0x60
#define R14 0x68
#define R15 0x70
#define RFLAGS 0x78
#define FPU 0x80
#define DONE 0x280

#define THREAD_DESTROY 5

    .text

// All but rsp, from the file at rdi.
    .macro LOAD_ALL
    movq RAX(%rdi), %rax
    movq RBX(%rdi), %rbx
    movq RCX(%rdi), %rcx
    movq RDX(%rdi), %rdx
    movq RSI(%rdi), %rsi
    movq RBP(%rdi), %rbp
    movq R8(%rdi), %r8
    movq R9(%rdi), %r9
    movq R10(%rdi), %r10
    movq R11(%rdi), %r11
    movq R12(%rdi), %r12
    movq R13(%rdi), %r13
    movq R14(%rdi), %r14
    movq R15(%rdi), %r15
    movq RDI(%rdi), %rdi
    .endm

// All but rsp and rdi, to the file at rdi. Keeps the flags.
    .macro STORE_MOST
    movq %rax, RAX(%rdi)
    movq %rbx, RBX(%rdi)
    movq %rcx, RCX(%rdi)
    movq %rdx, RDX(%rdi)
    movq %rsi, RSI(%rdi)
    movq %rbp, RBP(%rdi)
    movq %r8, R8(%rdi)
    movq %r9, R9(%rdi)
    movq %r10, R10(%rdi)
    movq %r11, R11(%rdi)
    movq %r12, R12(%rdi)
    movq %r13, R13(%rdi)
    movq %r14, R14(%rdi)
    movq %r15, R15(%rdi)
    .endm

    .macro PUSH_KEPT
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    .endm

    .macro POP_KEPT
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    .endm

// The file's address is on top of the stack: stores everything there and takes it off.
    .macro STORE_TO_TOP
    xchgq %rdi, (%rsp)
    STORE_MOST
    pushfq
    popq RFLAGS(%rdi)
    cld
    popq %rax
    movq %rax, RDI(%rdi)
    .endm

    .globl registers_enter_kernel
    .hidden registers_enter_kernel
    .type registers_enter_kernel, @function
registers_enter_kernel:
    PUSH_KEPT
    pushq %rdi
    pushq RFLAGS(%rdi)
    popfq
    LOAD_ALL
    syscall
    STORE_TO_TOP
    pushq $0x202
    popfq
    POP_KEPT
    ret
    .size registers_enter_kernel, . - registers_enter_kernel

// rdi: stack pointer to enter with, rsi: the file. r15 keeps our own stack pointer meanwhile.
    .globl registers_enter_kernel_on
    .hidden registers_enter_kernel_on
    .type registers_enter_kernel_on, @function
registers_enter_kernel_on:
    PUSH_KEPT
    pushq %rsi
    movq %rsp, %r15
    movq %rdi, %rsp
    movq RAX(%rsi), %rax
    syscall
    movq %rsp, %rbx
    movq %r15, %rsp
    popq %rdi
    movq %rax, RAX(%rdi)
    movq %rbx, RBX(%rdi)
    POP_KEPT
    ret
    .size registers_enter_kernel_on, . - registers_enter_kernel_on

    .globl registers_spin
    .hidden registers_spin
    .type registers_spin, @function
registers_spin:
    PUSH_KEPT
    pushq %rsi
    pushq %rdi
    fxrstor64 (%rsi)
    LOAD_ALL
1:  decq registers_rounds(%rip)
    jnz 1b
    STORE_TO_TOP
    popq %rsi
    fxsave64 (%rsi)
    POP_KEPT
    ret
    .size registers_spin, . - registers_spin

    .globl registers_first_instruction
    .hidden registers_first_instruction
    .type registers_first_instruction, @function
registers_first_instruction:
    STORE_MOST
    movq %rdi, RDI(%rdi)
    pushfq
    popq RFLAGS(%rdi)
    fxsave64 FPU(%rdi)
    movq $1, DONE(%rdi)
1:  movl $THREAD_DESTROY, %eax
    xorl %edi, %edi
    syscall
    jmp 1b
    .size registers_first_instruction, . - registers_first_instruction

    .bss
    .balign 8
    .globl registers_rounds
    .hidden registers_rounds
    .type registers_rounds, @object
registers_rounds:
    .skip 8
    .size registers_rounds, 8

    .section .note.GNU-stack, "", @progbits
