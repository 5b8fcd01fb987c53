// SPDX-License-Identifier: MIT
// What entry.S knows of arch::Registers and xenpv::Local. traps.cpp asserts each of them.
#define FRAME_R15 0
#define FRAME_R14 8
#define FRAME_R13 16
#define FRAME_R12 24
#define FRAME_RBP 32
#define FRAME_RBX 40
#define FRAME_R10 48
#define FRAME_R9 56
#define FRAME_R8 64
#define FRAME_RDX 72
#define FRAME_RSI 80
#define FRAME_RDI 88
#define FRAME_RAX 96
#define FRAME_R11 104
#define FRAME_RCX 112
#define FRAME_FLAGS 120
#define FRAME_RIP 128
#define FRAME_CS 136
#define FRAME_RFLAGS 144
#define FRAME_RSP 152
#define FRAME_SS 160

#define LOCAL_FRAME 8
#define LOCAL_STACK_TOP 16
#define LOCAL_ENTRIES 24
#define LOCAL_HYPERCALLS 32
#define LOCAL_CRASH_FRAME 112

// xen/arch-x86/xen-x86_64.h, xen/xen.h
#define VGCF_IN_SYSCALL 0x100
#define USER_CODE 0xe033
#define USER_STACK 0xe02b
#define HYPERVISOR_IRET 23

// Beside the processor's own 0 to 31.
#define FAILSAFE_VECTOR 255

// Of the first VCPU; start_of_day.cpp makes it.
#define BOOT_STACK_BYTES 0x4000
