/* SPDX-License-Identifier: MIT */
/* The smallest possible ways into and out of a kernel, for floor.c. Xen's frames:
 *   entry        rsp -> rcx, r11, [error,] rip, cs, rflags, rsp, ss
 *   iret wants   rsp -> rax, r11, rcx, flags, rip, cs, rflags, rsp, ss
 * and the first three of the latter are pushed by the hypercall page itself. */

#define IRET (hypercall_page + 23 * 32)
#define IN_SYSCALL 0x100        /* VGCF_in_syscall: Xen returns by sysret */
#define USER_CS 0xe033
#define USER_SS 0xe02b
#define INTERRUPTS_ON 0x202

    .text
    .globl floor_system_call
floor_system_call:
    popq %rcx
    popq %r11
    pushq $IN_SYSCALL
    jmp IRET

/* Takes the only event there is: port numbers are small, so one word holds it. */
    .globl floor_event
floor_event:
    popq %rcx
    popq %r11
    movl $0, 12(%rsp)                   /* the saved mask, in cs's upper half */
    movb $0, shared(%rip)               /* evtchn_upcall_pending */
    movq $0, shared + 8(%rip)           /* evtchn_pending_sel */
    movq $0, shared + 2048(%rip)        /* evtchn_pending[0] */
    pushq $0
    jmp IRET

    .globl floor_failsafe
floor_failsafe:
    ud2

/* uint64_t floor_in_user(address, count): runs what is there in user mode, with the count in rbx,
 * until it executes an undefined instruction; answers r12. */
    .globl floor_in_user
floor_in_user:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, saved_stack(%rip)
    movq %rsi, %rbx
    pushq $USER_SS
    pushq $0
    pushq $INTERRUPTS_ON
    pushq $USER_CS
    pushq %rdi
    pushq $0
    jmp IRET

    .globl floor_back
floor_back:
    movq saved_stack(%rip), %rsp
    movq %r12, %rax
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* What runs in user mode: rbx system calls. */
    .section .rodata
    .globl floor_user_begin, floor_user_end
floor_user_begin:
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    movq %rax, %r12
1:  syscall
    decq %rbx
    jnz 1b
    rdtsc
    shlq $32, %rdx
    orq %rdx, %rax
    subq %r12, %rax
    movq %rax, %r12
    ud2
floor_user_end:

    .bss
    .balign 8
saved_stack:
    .skip 8
    .section .note.GNU-stack, "", @progbits
