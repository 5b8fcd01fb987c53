// SPDX-License-Identifier: MIT
// The two halves of a call between members of a group. No kernel: what protects one side from the
// end of the other is the chain of levels in the thread's message buffer (abi/group.hpp), which the
// kernel reads when a member ends.
//
//   caller                                      callee
//   saves registers and FPU control
//   level[d] = where to come back
//   level[d + 1].member = callee
//   depth = d + 1          <- from here on it is in the callee
//   does the directory still show the callee?
//   jumps to the callee's gate -------------->  takes a free stack
//                                               runs the function
//                                               goes to the stack of level[d], frees its own
//                                               depth = d   <- from here on it is in the caller
//   restores, returns   <---------------------  jumps to the instruction of level[d]
//
// When the callee ends in between, the kernel has the thread come back there with peer_died. When
// the caller has ended, the kernel has cleared level[d]: the jump, which reads it from memory after
// the depth has changed, goes to 0 and faults, and the kernel takes it from there.

#include "group_offsets.h"

    .text

// Error lavandin_group_call(Group_words* words, uint64_t member, uint64_t function)
//
// On the stack when a level points to it:
//
//      0  MXCSR, x87 control word
//      8  words
//     16  rbx, r15, r14, r13, r12, rbp, return address
    .globl lavandin_group_call
    .hidden lavandin_group_call
    .type lavandin_group_call, @function
lavandin_group_call:
    pushq %rbp
    movq %rsp, %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rbx
    pushq %rdi
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)

    movq %fs:THREAD_BUFFER, %rbx
    movq BUFFER_DEPTH(%rbx), %rcx
    cmpq $DEEPEST, %rcx
    jae 4f
    leaq (%rcx,%rcx,2), %r11
    leaq BUFFER_LEVELS(%rbx,%r11,8), %r11
    leaq 3f(%rip), %r8
    movq %r8, LEVEL_INSTRUCTION(%r11)
    movq %rsp, LEVEL_STACK(%r11)
    movq %rsi, LEVEL_BYTES+LEVEL_MEMBER(%r11)
    incq %rcx
    movq %rcx, BUFFER_DEPTH(%rbx)

    movl %esi, %ecx
    andl $MEMBER_NUMBER, %ecx
    shll $ENTRY_SHIFT, %ecx
    cmpq %rsi, DIRECTORY(%rcx)
    jne 2f
    movq DIRECTORY+ENTRY_GATE(%rcx), %r11
    testq %r11, %r11
    jz 2f
    movq %rdx, %rax
    movq 8(%rdi), %rsi
    movq 16(%rdi), %rdx
    movq 24(%rdi), %r10
    movq 32(%rdi), %r8
    movq 40(%rdi), %r9
    movq (%rdi), %rdi
    jmp *%r11

2:  decq BUFFER_DEPTH(%rbx)            // nobody is there
    movl $ERROR_PEER_DIED, %eax
    jmp 5f

3:  // Comes back: eax = error, words in rdi, rsi, rdx, r10, r8, r9, rsp as the level says.
    movq 8(%rsp), %rcx
    testl %eax, %eax
    jnz 6f
    movq %rdi, (%rcx)
    movq %rsi, 8(%rcx)
    movq %rdx, 16(%rcx)
    movq %r10, 24(%rcx)
    movq %r8, 32(%rcx)
    movq %r9, 40(%rcx)
    jmp 5f

4:  movl $ERROR_TOO_LARGE, %eax
    jmp 5f

6:  cmpl $ERROR_PEER_DIED, %eax        // it may have stopped anywhere
    jne 5f
    cld
    fninit
    fldcw 4(%rsp)
    ldmxcsr (%rsp)
5:  addq $16, %rsp
    popq %rbx
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    ret
    .size lavandin_group_call, . - lavandin_group_call

// Entered by a jump from the caller's half; eax: number of the function, its words in registers.
// The stack is still the caller's and is not touched.
    .globl lavandin_group_gate
    .hidden lavandin_group_gate
    .type lavandin_group_gate, @function
lavandin_group_gate:
    movq lavandin_gate+GATE_FREE(%rip), %rcx
1:  bsfq %rcx, %r15
    jz 2f
    lock btrq %r15, lavandin_gate+GATE_FREE(%rip)
    movq lavandin_gate+GATE_FREE(%rip), %rcx
    jnc 1b                             // another one took it

    movq %r15, %r14
    imulq lavandin_gate+GATE_STRIDE(%rip), %r14
    addq lavandin_gate+GATE_FIRST(%rip), %r14
    movq %r14, %rsp                    // where its Call_stack lies
    subq $48, %rsp
    movq %rdi, (%rsp)
    movq %rsi, 8(%rsp)
    movq %rdx, 16(%rsp)
    movq %r10, 24(%rsp)
    movq %r8, 32(%rsp)
    movq %r9, 40(%rsp)
    movq %rsp, %rdi
    movq %rax, %rsi
    movq %r14, %rdx
    xorl %ebp, %ebp
    cld
    call lavandin_serve_visit
    movq (%rsp), %rdi
    movq 8(%rsp), %rsi
    movq 16(%rsp), %rdx
    movq 24(%rsp), %r10
    movq 32(%rsp), %r8
    movq 40(%rsp), %r9

    movq %fs:THREAD_BUFFER, %rbx
    movq BUFFER_DEPTH(%rbx), %rcx
    decq %rcx
    leaq (%rcx,%rcx,2), %r11
    leaq BUFFER_LEVELS(%rbx,%r11,8), %r11
    movq LEVEL_STACK(%r11), %rsp
    lock btsq %r15, lavandin_gate+GATE_FREE(%rip)
    movq %rcx, BUFFER_DEPTH(%rbx)
    jmp *LEVEL_INSTRUCTION(%r11)

2:  movl $ERROR_BUSY, %eax             // no stack is free
    movq %fs:THREAD_BUFFER, %rbx
    movq BUFFER_DEPTH(%rbx), %rcx
    decq %rcx
    leaq (%rcx,%rcx,2), %r11
    leaq BUFFER_LEVELS(%rbx,%r11,8), %r11
    movq %rcx, BUFFER_DEPTH(%rbx)
    jmp *LEVEL_INSTRUCTION(%r11)
    .size lavandin_group_gate, . - lavandin_group_gate

    .section .note.GNU-stack, "", @progbits
