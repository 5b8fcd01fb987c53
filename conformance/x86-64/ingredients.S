// SPDX-License-Identifier: MIT
// Pieces of code that are worth executing in places where they do not belong: a length, then so
// many bytes. A length of 0 ends the list. They run in a bare process (bare_layout.h), with
// registers that hold anything; what faults ends the process.

#include "x86-64/bare_layout.h"

// The preprocessor does not look into strings.
    .set CODE32, 0xe023 // FLAT_USER_CS32
    .set CODE64, 0xe033
    .set DATA, 0xe02b
    .set STACK, BARE_STACK + 0x800
    .set STATE, BARE_STATE
    .set SOUP, BARE_SOUP

    .macro PIECE code
    .byte 102f - 101f
101:
    \code
102:
    .endm

// The rest runs in Xen's code segment of 32 bits; ebx keeps the stack.
    .macro PIECE32 code
    .byte 102f - 101f
101:
    movl $STACK, %esp
    pushq $CODE32
    leaq 103f(%rip), %rcx
    pushq %rcx
    lretq
    .code32
103:
    \code
    .code64
102:
    .endm

    .section .rodata.ingredients, "a", @progbits
    .globl bare_ingredients
    .hidden bare_ingredients
bare_ingredients:

// Selectors
    PIECE "movl $DATA, %eax; movl %eax, %ds; movl %eax, %es; movl %eax, %fs; movl %eax, %gs"
    PIECE "movl $CODE64, %eax; movl %eax, %ds; movl %eax, %gs"
    PIECE "movl $CODE32, %eax; movl %eax, %es; movl %eax, %fs"
    PIECE "movl $3, %eax; movl %eax, %ds; movl %eax, %es; movl %eax, %fs; movl %eax, %gs"
    PIECE "movl $0xe008, %eax; movl %eax, %ds" // Xen's code
    PIECE "movl $0xe010, %eax; movl %eax, %ss" // Xen's data
    PIECE "movl $0xe038, %eax; ltr %ax"
    PIECE "movl $0xe07b, %eax; movl %eax, %gs" // Xen's, per processor
    PIECE "movl $0xe040, %eax; movl %eax, %fs" // a task state
    PIECE "movl $0x000f, %eax; movl %eax, %ds" // of a local table
    PIECE "movl $0xfff8, %eax; movl %eax, %gs"
    PIECE "movl $DATA, %eax; movl %eax, %ss; nop"
    PIECE "xorl %eax, %eax; movl %eax, %ss"
    PIECE ".byte 0x48, 0x0f, 0xb2, 0x04, 0x24" // lss (%rsp), %rax
    PIECE ".byte 0x48, 0x0f, 0xb4, 0x07" // lfs (%rdi), %rax
    PIECE ".byte 0x48, 0x0f, 0xb5, 0x06" // lgs (%rsi), %rax
    PIECE "movl $0xe07b, %ecx; lsl %ecx, %eax; lar %ecx, %edx; verr %cx; verw %cx"
    PIECE "sldt %eax; str %ecx; smsw %edx"
    PIECE "sgdt STATE + 0x700; sidt STATE + 0x710"

// Bases
    PIECE "wrfsbase %rax"
    PIECE "wrgsbase %rsi"
    PIECE "rdgsbase %rax; rdfsbase %rcx"
    PIECE "swapgs"
    PIECE "movl $0xc0000101, %ecx; wrmsr"
    PIECE "movl $0xc0000102, %ecx; rdmsr"

// Flags: trap, alignment check, nested task, direction, identification, resume, I/O privilege
    PIECE "movl $STACK, %esp; pushq $0x302; popfq; nop; nop"
    PIECE "movl $STACK, %esp; pushq $0x302; popfq; xorl %eax, %eax; syscall; nop"
    PIECE "movl $STACK, %esp; pushq $0x302; popfq; movl $DATA, %eax; movl %eax, %ss; syscall"
    PIECE "movl $STACK, %esp; pushq $0x302; popfq; movl $DATA, %eax; movl %eax, %ss; int $3"
    PIECE "movl $STACK, %esp; pushq $0x40202; popfq; movl 1(%rsp), %eax"
    PIECE "movl $STACK, %esp; pushq $0x4202; popfq; xorl %eax, %eax; syscall"
    PIECE "movl $STACK, %esp; pushq $0x4202; popfq; iretq"
    PIECE "movl $STACK, %esp; pushq $0x4202; popfq; ud2"
    PIECE "std; movl $8, %eax; syscall"
    PIECE "std; ud2"
    PIECE "movl $STACK, %esp; pushq $0x3202; popfq; cli; sti"
    PIECE "movl $STACK, %esp; pushq $0x254ed7; popfq; movl $8, %eax; syscall"
    PIECE "movl $STACK, %esp; pushq $-1; popfq"
    PIECE "movl $STACK, %esp; pushw $-1; popfw; nop"

// Ways to other code segments, and back
    PIECE "movl $STACK, %esp; movq %rsp, %rcx; pushq $DATA; pushq %rcx; pushq $0x4302; \
        pushq $CODE64; leaq 1f(%rip), %rcx; pushq %rcx; iretq; 1: nop; nop"
    PIECE "movl $STACK, %esp; movq %rsp, %rcx; pushq $DATA; pushq %rcx; pushq $0x202; \
        pushq $CODE32; pushq $SOUP; iretq"
    PIECE "movl $STACK, %esp; pushq $DATA; pushq $-1; pushq $0x202; pushq $CODE64; pushq $SOUP; \
        iretq"
    PIECE "movl $STACK, %esp; pushq $DATA; pushq $0; pushq $0x202; pushq $CODE64; \
        movq $-0x7fffffffffff, %rcx; pushq %rcx; iretq"
    PIECE "movl $STACK, %esp; pushq $0xe008; pushq $SOUP; lretq"
    PIECE "movl $STACK, %esp; pushq $0xe030; pushq $SOUP; lretq"
    PIECE "movl $STACK, %esp; pushq $0; pushq $SOUP; lretq"
    PIECE "movl $STACK, %esp; pushq $CODE64; movabsq $0x800000000000, %rcx; pushq %rcx; lretq"
    PIECE "ljmpl *(%rsp)"
    PIECE "lcalll *(%rdi)"
    PIECE32 "ud2"
    PIECE32 "xorl %eax, %eax; syscall"
    PIECE32 "xorl %eax, %eax; sysenter"
    PIECE32 "movl $1, %eax; int $0x80"
    PIECE32 "movl $2, %eax; int $0x82"
    PIECE32 "int $0x20"
    PIECE32 "into"
    PIECE32 "movl $DATA, %eax; movl %eax, %ds; movl $-1, STATE + 0x720; \
        .byte 0x62, 0x05; .long STATE + 0x720" // bound %eax, STATE + 0x720
    PIECE32 "pushl %ds; popl %es; pushl %cs; popl %gs; daa; aam; hlt"
    PIECE32 "movl $DATA, %eax; movl %eax, %ds; movl $STACK, %esp; pushl $-1; popfl; movl 1, %eax"
    PIECE32 "movl $-1, %esp; pushl %eax"
    PIECE32 "movl $DATA, %eax; movl %eax, %ss; movl $0xffff8000, %esp; ud2"
    PIECE32 "movl $DATA, %eax; movl %eax, %ds; movl $STACK, %esp; pushl $CODE64; pushl $SOUP; lretl"
    PIECE32 "1: jmp 1b"

// Ways into kernels, ours and Xen's
    PIECE "int $0x80"
    PIECE "int $0x82"
    PIECE "int $0x20"
    PIECE "int $3"
    PIECE "int $4"
    PIECE "int $8"
    PIECE "int $14"
    PIECE ".byte 0xf1"
    PIECE "sysenter"
    PIECE "sysexitq"
    PIECE "sysretq"
    PIECE "vmcall"
    PIECE "vmmcall"
    PIECE "movl $23, %eax; syscall" // Xen's iret, from its guest's kernel
    PIECE "movl $1, %eax; movl $STATE, %edi; movl $1, %esi; syscall" // its mmu_update
    PIECE "movl $24, %eax; movl $1, %edi; syscall" // its vcpu_op
    PIECE "movl $29, %eax; movl $2, %edi; movl $STATE, %esi; syscall" // its sched_op
    PIECE "movq $-1, %rax; movq $-1, %rdi; syscall"
    PIECE ".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e; cpuid" // what Xen emulates
    PIECE "syscall; syscall; syscall"

// Privileged
    PIECE "hlt"
    PIECE "cli"
    PIECE "sti"
    PIECE "inb $0x60, %al"
    PIECE "outb %al, $0x80"
    PIECE "movl $0x3f8, %edx; outl %eax, %dx"
    PIECE "movl $STATE, %edi; movl $0x60, %edx; insb"
    PIECE "movl $STATE, %esi; movl $0x80, %edx; movl $-1, %ecx; rep outsb"
    PIECE "movq %cr0, %rax"
    PIECE "movq %rax, %cr3"
    PIECE "movq %rax, %cr4"
    PIECE "movq %rax, %dr7"
    PIECE "movq %dr6, %rax"
    PIECE "clts"
    PIECE "lmsw %ax"
    PIECE "invlpg (%rsp)"
    PIECE "wbinvd"
    PIECE "lgdt (%rsp)"
    PIECE "lidt (%rsp)"
    PIECE "lldt %ax"
    PIECE "rdtscp"
    PIECE "rdpmc"
    PIECE "xsetbv"
    PIECE "xorl %ecx, %ecx; xgetbv"
    PIECE "monitor"
    PIECE "mwait"

// FPU
    PIECE "movl $-1, STATE + 24; fxrstor64 STATE" // reserved bits in MXCSR
    PIECE "movl $-1, (%rsp); ldmxcsr (%rsp)"
    PIECE "movl $-1, %eax; movl $-1, %edx; xrstor64 STATE"
    PIECE "movl $7, %eax; xorl %edx, %edx; movq $-1, STATE + 512; xrstor64 STATE"
    PIECE "fninit; pushq $0; fldcw (%rsp); fldz; fldz; fdivp; fwait"
    PIECE "fninit; movl $0, (%rsp); fldcw (%rsp); fld1; fldz; fdivrp; movl $8, %eax; syscall; fwait"
    PIECE "movl $0, (%rsp); ldmxcsr (%rsp); xorps %xmm0, %xmm0; divps %xmm0, %xmm0"
    PIECE "vpcmpeqd %ymm7, %ymm7, %ymm7; movl $8, %eax; syscall; jmp . - 7"
    PIECE "fldenv (%rdi)"
    PIECE "emms; femms"

// Stacks and addresses
    PIECE "xorl %esp, %esp; ud2"
    PIECE "movq $-1, %rsp; ud2"
    PIECE "movq $-8, %rsp; pushq %rax"
    PIECE "movabsq $0x800000000000, %rsp; int $3"
    PIECE "movabsq $0xffff800000000000, %rsp; movl $8, %eax; syscall; ud2"
    PIECE "movabsq $0x7fffffffffff, %rax; jmpq *%rax"
    PIECE "movabsq $0x800000000000, %rax; jmpq *%rax"
    PIECE "movabsq $0xffffffff80000000, %rax; jmpq *%rax"
    PIECE "movq $-4096, %rax; callq *%rax"
    PIECE "movabsq $0xffff820000000000, %rax; movq (%rax), %rcx"
    PIECE "movabsq $0xffff880000000000, %rax; movq %rcx, (%rax)"
    PIECE "movq $-10, %rax; movq (%rax), %rax"

// Odds
    PIECE ".byte 0xf0; nop" // a lock prefix
    PIECE ".byte 0xf0, 0x0f, 0xc7, 0xc8" // lock cmpxchg8b %eax
    PIECE "lock; incl (%rdi)"
 \
    PIECE ".fill 15, 1, 0x66; nop"
    PIECE ".byte 0x64, 0x65, 0x2e, 0x36, 0x0f, 0x05"
    PIECE "xorl %edx, %edx; divl %edx"
    PIECE ".byte 0x06"
    PIECE "ud2"
    PIECE "jmp ."
    PIECE "rep; movsb"
    PIECE "pause; rdtsc; cpuid"

    .byte 0

    .section .note.GNU-stack, "", @progbits
