// SPDX-License-Identifier: MIT
// What runs in the partner processes: position independent, without a stack. Copied page by page
// into each. System call numbers are those of kernel/abi/system_calls.toml.

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

// rdi: the notification to wait for in the low half, the one to signal in the high half.
    .globl partner_signal
    .hidden partner_signal
partner_signal:
    movl %edi, %ebx
    shrq $32, %rdi
    movl %edi, %ebp
1:  movl %ebx, %edi
    movq $-1, %rsi          // forever
    movl $34, %eax          // notification_wait
    syscall
    movl %ebp, %edi
    movl $33, %eax          // notification_signal
    syscall
    jmp 1b

// rdi: as for partner_echo. Maps, touches and unmaps the memory that each call brings.
#define BUFFER 0x10001000
#define ADDRESS 0x10100000
    .globl partner_share
    .hidden partner_share
partner_share:
    movq %rdi, %rbx
    movq $1, BUFFER + 2176  // accepted_transfers
    xorl %esi, %esi
1:  movq %rbx, %rdi
    movl $21, %eax          // endpoint_reply_receive
    syscall
    movl BUFFER + 2112, %ebp // received[0].index
    movl $1, %edi           // this process
    movl %ebp, %esi
    movl $ADDRESS, %edx
    xorl %r10d, %r10d
    movl $4096, %r8d
    movl $3, %r9d           // read and write
    movl $49, %eax          // memory_map
    syscall
    movq $1, ADDRESS
    movl $1, %edi
    movl $ADDRESS, %esi
    movl $4096, %edx
    movl $50, %eax          // memory_unmap
    syscall
    movl %ebp, %edi
    movl $65, %eax          // capability_delete
    syscall
    xorl %esi, %esi
    jmp 1b

// Reads a page and unmaps it, again and again: somebody else must map it each time.
    .globl partner_fault
    .hidden partner_fault
partner_fault:
    movq ADDRESS, %rax
    movl $1, %edi           // this process
    movl $ADDRESS, %esi
    movl $4096, %edx
    movl $50, %eax          // memory_unmap
    syscall
    jmp partner_fault

// rdi, 16 bits each, from the lowest: an endpoint, a notification to wait for, one to signal. Makes
// so many calls between the one and the other, again and again.
    .globl partner_call_often
    .hidden partner_call_often
partner_call_often:
    movzwl %di, %ebx
    shrq $16, %rdi
    movzwl %di, %ebp
    shrq $16, %rdi
    movzwl %di, %r12d
1:  movl %ebp, %edi
    movq $-1, %rsi          // forever
    movl $34, %eax          // notification_wait
    syscall
    movl $5000, %r13d       // partner_calls
2:  movl %ebx, %edi
    xorl %esi, %esi
    movl $18, %eax          // endpoint_call
    syscall
    decl %r13d
    jnz 2b
    movl %r12d, %edi
    movl $33, %eax          // notification_signal
    syscall
    jmp 1b

// rdi: an endpoint. Calls, and ends its process when there is an answer.
    .globl partner_call
    .hidden partner_call
partner_call:
    xorl %esi, %esi
    movl $18, %eax          // endpoint_call
    syscall
    movl $1, %edi
    jmp partner_end

// rdi: until when it sleeps, again and again.
    .globl partner_sleep
    .hidden partner_sleep
partner_sleep:
    movq %rdi, %rbx
1:  movl $9, %eax           // thread_sleep
    movq %rbx, %rdi
    syscall
    movq $-1, %rbx          // forever, from the second time on
    jmp 1b

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
