// SPDX-License-Identifier: MIT
// What threads run that were made at random: their stacks may be anywhere. Signals, or tries to,
// what the argument names, gives way, and ends.

#define THREAD_DESTROY 5
#define THREAD_YIELD 8
#define NOTIFICATION_SIGNAL 33

    .text
    .globl fuzz_thread
    .hidden fuzz_thread
    .type fuzz_thread, @function
fuzz_thread:
    movl $NOTIFICATION_SIGNAL, %eax
    syscall
    movl $THREAD_YIELD, %eax
    syscall
1:  movl $THREAD_DESTROY, %eax
    xorl %edi, %edi
    syscall
    jmp 1b
    .size fuzz_thread, . - fuzz_thread

    .section .note.GNU-stack, "", @progbits
