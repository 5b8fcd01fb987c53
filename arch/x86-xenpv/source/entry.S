// SPDX-License-Identifier: MIT
// Ways into the kernel and the one way out.
//
// Xen delivers everything on the kernel stack of the VCPU (set once, stack_switch), upcalls masked:
//
//      0  rcx                     system call, event
//      8  r11
//     [16 error code]             some exceptions; all below moves up by 8 then
//     16  rip
//     24  cs                      low two bits: 0 from kernel mode, 3 from user mode;
//                                 bits 32..39: the upcall mask, not part of cs
//     32  rflags
//     40  rsp
//     48  ss
//
// An entry from user mode saves all registers into the current thread's Registers (GS:8) at once.
// So a thread that blocks is complete already: the kernel stack holds nothing of it.
// The kernel itself runs with upcalls masked and is never interrupted; an event that comes from
// kernel mode found the idle loop in its block hypercall, and that frame is dropped.

#include "entry_offsets.h"

    .text

// Registers named r15 ... rdi, by way of rcx.
    .macro SAVE_GENERAL
    movq %r15, FRAME_R15(%rcx)
    movq %r14, FRAME_R14(%rcx)
    movq %r13, FRAME_R13(%rcx)
    movq %r12, FRAME_R12(%rcx)
    movq %rbp, FRAME_RBP(%rcx)
    movq %rbx, FRAME_RBX(%rcx)
    movq %r10, FRAME_R10(%rcx)
    movq %r9, FRAME_R9(%rcx)
    movq %r8, FRAME_R8(%rcx)
    movq %rdx, FRAME_RDX(%rcx)
    movq %rsi, FRAME_RSI(%rcx)
    movq %rdi, FRAME_RDI(%rcx)
    movq %rax, FRAME_RAX(%rcx)
    .endm

// rip, rflags, rsp from the entry frame whose rip is at \offset(%rsp), by way of r11.
    .macro SAVE_RETURN offset
    movq \offset(%rsp), %r11
    movq %r11, FRAME_RIP(%rcx)
    movq \offset+16(%rsp), %r11
    movq %r11, FRAME_RFLAGS(%rcx)
    movq \offset+24(%rsp), %r11
    movq %r11, FRAME_RSP(%rcx)
    .endm

// cs without the upcall mask, and ss.
    .macro SAVE_SELECTORS offset
    movzwl \offset+8(%rsp), %r11d
    movq %r11, FRAME_CS(%rcx)
    movzwl \offset+32(%rsp), %r11d
    movq %r11, FRAME_SS(%rcx)
    .endm

// Start of day: Xen enters here (ELF note ENTRY) with rsi = start_info.
    .globl start_of_day
    .type start_of_day, @function
start_of_day:
    cld
    leaq boot_stack+BOOT_STACK_BYTES(%rip), %rsp
    xorl %ebp, %ebp
    movq %rsi, %rdi
    call arch_start
    ud2
    .size start_of_day, . - start_of_day

    .globl system_call_entry
    .type system_call_entry, @function
system_call_entry:
    movq %gs:LOCAL_FRAME, %rcx
    incq %gs:LOCAL_ENTRIES
    SAVE_GENERAL
    SAVE_RETURN 16
    movq $VGCF_IN_SYSCALL, FRAME_FLAGS(%rcx)
    movq $USER_CODE, FRAME_CS(%rcx)
    movq $USER_STACK, FRAME_SS(%rcx)
    cld
    xorl %ebp, %ebp
    andq $-16, %rsp
    call system_call_from_user
    // falls through
    .size system_call_entry, . - system_call_entry

// Leaves to the thread whose Registers GS:8 names. The iret hypercall unmasks upcalls atomically.
    .globl exit_to_user
    .type exit_to_user, @function
exit_to_user:
    movq %gs:LOCAL_FRAME, %rsp
    incq %gs:LOCAL_HYPERCALLS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r10
    popq %r9
    popq %r8
    popq %rdx
    popq %rsi
    popq %rdi
    movl $HYPERVISOR_IRET, %eax
    syscall
    ud2
    .size exit_to_user, . - exit_to_user

    .globl event_entry
    .type event_entry, @function
event_entry:
    testb $3, 24(%rsp)
    jz 1f
    movq %gs:LOCAL_FRAME, %rcx
    incq %gs:LOCAL_ENTRIES
    SAVE_GENERAL
    movq (%rsp), %r11
    movq %r11, FRAME_RCX(%rcx)
    movq 8(%rsp), %r11
    movq %r11, FRAME_R11(%rcx)
    SAVE_RETURN 16
    SAVE_SELECTORS 16
    movq $0, FRAME_FLAGS(%rcx)
1:  cld
    xorl %ebp, %ebp
    movq %gs:LOCAL_STACK_TOP, %rsp
    call event_arrived
    jmp exit_to_user
    .size event_entry, . - event_entry

// The idle loop: waits on an empty stack until an event takes over. Does not return.
    .globl wait_for_event
    .type wait_for_event, @function
wait_for_event:
    movq %gs:LOCAL_STACK_TOP, %rsp
    xorl %ebp, %ebp
1:  call idle_block
    jmp 1b
    .size wait_for_event, . - wait_for_event

// Exceptions: vector and error code are pushed below the return frame, rcx and r11 restored.
    .macro TRAP vector, has_error
    .globl trap_\vector
    .type trap_\vector, @function
trap_\vector:
    popq %rcx
    popq %r11
    .if \has_error == 0
    pushq $0
    .endif
    pushq $\vector
    jmp trap_common
    .size trap_\vector, . - trap_\vector
    .endm

    TRAP 0, 0
    TRAP 1, 0
    TRAP 3, 0
    TRAP 4, 0
    TRAP 5, 0
    TRAP 6, 0
    TRAP 7, 0
    TRAP 8, 1
    TRAP 9, 0
    TRAP 10, 1
    TRAP 11, 1
    TRAP 12, 1
    TRAP 13, 1
    TRAP 14, 1
    TRAP 16, 0
    TRAP 17, 1
    TRAP 18, 0
    TRAP 19, 0

// Xen could not return to user mode as asked (a selector that cannot be loaded). Above rcx and r11:
// ds, es, fs, gs as they should have been, which are dropped.
    .globl failsafe_entry
    .type failsafe_entry, @function
failsafe_entry:
    popq %rcx
    popq %r11
    addq $32, %rsp
    pushq $0
    pushq $FAILSAFE_VECTOR
    jmp trap_common
    .size failsafe_entry, . - failsafe_entry

//      0 rcx (pushed here), 8 vector, 16 error code, 24 rip, 32 cs, 40 rflags, 48 rsp, 56 ss
    .type trap_common, @function
trap_common:
    pushq %rcx
    testb $3, 32(%rsp)
    jz 1f
    movq %gs:LOCAL_FRAME, %rcx
    incq %gs:LOCAL_ENTRIES
    jmp 2f
1:  movq %gs:0, %rcx
    leaq LOCAL_CRASH_FRAME(%rcx), %rcx
2:  SAVE_GENERAL
    movq %r11, FRAME_R11(%rcx)
    movq (%rsp), %r11
    movq %r11, FRAME_RCX(%rcx)
    SAVE_RETURN 24
    SAVE_SELECTORS 24
    movq $0, FRAME_FLAGS(%rcx)
    movq 8(%rsp), %rdi
    movq 16(%rsp), %rsi
    testb $3, 32(%rsp)
    cld
    movl $0, %ebp
    jz 3f
    andq $-16, %rsp
    call exception_from_user
    jmp exit_to_user
3:  andq $-16, %rsp
    call exception_from_kernel
    ud2
    .size trap_common, . - trap_common

    .section .hypercall_page, "ax", @progbits
    .balign 4096
    .globl hypercall_page
    .type hypercall_page, @object
hypercall_page:
    .skip 4096
    .size hypercall_page, . - hypercall_page

    .section .note.GNU-stack, "", @progbits
