// SPDX-License-Identifier: MIT
// Where threads begin. rdi holds what their creator gave them; the stack ends there for debuggers.

    .section .text.start, "ax", @progbits

    .globl _start
    .type _start, @function
_start:                             // first thread; rdi: the environment page
    xorl %ebp, %ebp
    andq $-16, %rsp
    call lavandin_start_program
    ud2
    .size _start, . - _start

    .globl lavandin_thread_entry
    .hidden lavandin_thread_entry
    .type lavandin_thread_entry, @function
lavandin_thread_entry:              // further threads; rdi: their control block
    xorl %ebp, %ebp
    andq $-16, %rsp
    call lavandin_start_thread
    ud2
    .size lavandin_thread_entry, . - lavandin_thread_entry

    .globl lavandin_main
    .hidden lavandin_main
    .type lavandin_main, @function
lavandin_main:                      // C++ does not allow its main to be called by C++
    jmp main
    .size lavandin_main, . - lavandin_main

    .section .note.GNU-stack, "", @progbits
