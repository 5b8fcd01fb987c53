// SPDX-License-Identifier: MIT
// What runs in the partner processes: position independent, without stack or memory. Copied page by
// page into each. System call numbers are those of kernel/abi/system_calls.toml.

    .section .text.partner, "ax", @progbits
    .balign 4096
    .globl partner_begin
    .hidden partner_begin
partner_begin:

// rdi: endpoint in the low half, reply object in the high half. Answers every call with itself.
    .globl partner_echo
    .hidden partner_echo
partner_echo:
    movq %rdi, %rbx
    xorl %esi, %esi
1:  movq %rbx, %rdi
    movl $21, %eax          // endpoint_reply_receive
    syscall
    jmp 1b

    .globl partner_yield
    .hidden partner_yield
partner_yield:
    movl $8, %eax           // thread_yield
    syscall
    jmp partner_yield

// rdi: its own process.
    .globl partner_end
    .hidden partner_end
partner_end:
    xorl %esi, %esi
    movl $2, %eax           // process_destroy
    syscall
    ud2

    .balign 4096
    .section .note.GNU-stack, "", @progbits
