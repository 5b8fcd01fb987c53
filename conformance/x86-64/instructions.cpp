// SPDX-License-Identifier: MIT
// Instructions that user mode may not use, and tricks to come by more rights.
#include "x86-64/faults.hpp"

#include <lavandin/enter_kernel.hpp>

namespace {

using namespace conformance;
using namespace conformance::vector;

// Processors differ in what they answer to some.
constexpr Vectors opcode_or_protection = Vectors{invalid_opcode} | general_protection;

// A child that executes this.
#define EXECUTE(...)                                                                               \
    [](Words const&) { asm volatile(__VA_ARGS__ ::: "memory", "rax", "rbx", "rcx", "rdx"); }
#define EXPECT_REFUSED(...) EXPECT_FAULT(general_protection, EXECUTE(__VA_ARGS__))
#define EXPECT_UNKNOWN(...) EXPECT_FAULT(opcode_or_protection, EXECUTE(__VA_ARGS__))

TEST(instruction, divide_error) {
    EXPECT_FAULT(divide_error, EXECUTE("xorl %%eax, %%eax; xorl %%edx, %%edx; divl %%eax"));
    EXPECT_FAULT(divide_error,
                 EXECUTE("movl $0x80000000, %%eax; cltd; movl $-1, %%ecx; idivl %%ecx"));
}

TEST(instruction, invalid_opcode) {
    EXPECT_FAULT(invalid_opcode, EXECUTE("ud2"));
    EXPECT_FAULT(invalid_opcode, EXECUTE(".byte 0x06")); // push %es
    EXPECT_FAULT(invalid_opcode, EXECUTE(".byte 0x0f, 0xff, 0xc0"));
}

TEST(instruction, breakpoint) {
    EXPECT_FAULT(breakpoint, EXECUTE("int3"));
    EXPECT_FAULT(breakpoint, EXECUTE("int $3"));
}

TEST(instruction, misaligned_vector_access) {
    EXPECT_REFUSED("leaq 1(%%rsp), %%rax; andq $-16, %%rax; movaps 1(%%rax), %%xmm0");
}

// Those of SSE are left out: QEMU does not raise them.
TEST(instruction, fpu_error) {
    EXPECT_FAULT(vector::fpu_error, [](Words const&) {
        uint16_t const all_exceptions = 0x340;
        asm volatile("fldcw %0; fldz; fldz; fdivp; fwait" ::"m"(all_exceptions));
    });
}

TEST(instruction, interrupt_flag) {
    EXPECT_REFUSED("cli");
    EXPECT_REFUSED("sti");
    EXPECT_REFUSED("hlt");
}

TEST(instruction, ports) {
    EXPECT_REFUSED("inb $0x60, %%al");
    EXPECT_REFUSED("outb %%al, $0x80");
    EXPECT_REFUSED("movw $0x3f8, %%dx; inl %%dx, %%eax");
    EXPECT_REFUSED("movw $0xcf8, %%dx; outl %%eax, %%dx");
    EXPECT_REFUSED("movq %%rsp, %%rsi; movw $0x60, %%dx; movl $1, %%ecx; rep outsb");
    EXPECT_REFUSED("movq %%rsp, %%rdi; movw $0x60, %%dx; insb");
}

TEST(instruction, control_registers) {
    EXPECT_REFUSED("movq %%cr0, %%rax");
    EXPECT_REFUSED("movq %%rax, %%cr0");
    EXPECT_REFUSED("movq %%cr2, %%rax");
    EXPECT_REFUSED("movq %%cr3, %%rax");
    EXPECT_REFUSED("movq %%rax, %%cr3");
    EXPECT_REFUSED("movq %%cr4, %%rax");
    EXPECT_REFUSED("movq %%rax, %%cr4");
    EXPECT_REFUSED("movq %%rax, %%cr8");
    EXPECT_REFUSED("clts");
    EXPECT_REFUSED("lmsw %%ax");
    EXPECT_UNKNOWN("xorl %%ecx, %%ecx; xorl %%edx, %%edx; movl $7, %%eax; xsetbv");
}

TEST(instruction, debug_registers) {
    EXPECT_REFUSED("movq %%rax, %%dr0");
    EXPECT_REFUSED("movq %%rax, %%dr7");
    EXPECT_REFUSED("movq %%dr6, %%rax");
}

TEST(instruction, model_specific_registers) {
    EXPECT_REFUSED("movl $0xc0000082, %%ecx; rdmsr");
    EXPECT_REFUSED("movl $0xc0000082, %%ecx; wrmsr");
    EXPECT_REFUSED("movl $0xc0000100, %%ecx; wrmsr");
    EXPECT_REFUSED("movl $0xc0000102, %%ecx; wrmsr");
    EXPECT_REFUSED("movl $0x1b, %%ecx; rdmsr");
    EXPECT_UNKNOWN("xorl %%ecx, %%ecx; rdpmc");
    EXPECT_UNKNOWN("swapgs");
}

TEST(instruction, translation_and_caches) {
    EXPECT_REFUSED("invlpg (%%rsp)");
    EXPECT_REFUSED("wbinvd");
    EXPECT_REFUSED("invd");
}

TEST(instruction, descriptor_tables) {
    EXPECT_REFUSED("lgdt (%%rsp)");
    EXPECT_REFUSED("lidt (%%rsp)");
    EXPECT_REFUSED("xorl %%eax, %%eax; lldt %%ax");
    EXPECT_REFUSED("xorl %%eax, %%eax; ltr %%ax");
}

TEST(instruction, virtual_machines) {
    EXPECT_UNKNOWN("vmcall");
    EXPECT_UNKNOWN("vmmcall");
    EXPECT_UNKNOWN("vmrun");
    EXPECT_UNKNOWN("monitor");
    EXPECT_UNKNOWN("mwait");
}

TEST(instruction, ways_into_the_kernel_that_are_closed) {
    EXPECT_UNKNOWN("sysenter");
    EXPECT_UNKNOWN("sysexitl");
    EXPECT_UNKNOWN("sysretq");
    // QEMU delivers the vectors of these wrongly: that they end the process is all we ask.
    EXPECT_FAULT(Vectors::any(), EXECUTE("int $0x80"));
    EXPECT_FAULT(Vectors::any(), EXECUTE("int $0x82"));
    EXPECT_FAULT(Vectors::any(), EXECUTE("int $0x20"));
    EXPECT_FAULT(Vectors::any(), EXECUTE("int $14"));
    EXPECT_FAULT(Vectors::any(), EXECUTE(".byte 0xf1"));
}

// What would be a hypercall in the kernel is a system call, and there is none with such a number.
TEST(instruction, hypercalls_are_not_for_user_mode) {
    for (uint64_t const hypercall : {12UL, 13UL, 14UL, 15UL, 23UL, 24UL, 25UL, 26UL, 29UL, 55UL}) {
        Registers registers{};
        EXPECT_EQUAL(enter_kernel(static_cast<System_call>(hypercall), registers),
                     Error::no_such_system_call);
    }
}

TEST(instruction, selectors_that_are_not_ours) {
    EXPECT_REFUSED("movl $0xe008, %%eax; movl %%eax, %%ds"); // Xen's code
    EXPECT_REFUSED("movl $0xe010, %%eax; movl %%eax, %%ds"); // Xen's data
    EXPECT_REFUSED("movl $0xe010, %%eax; movl %%eax, %%ss");
    EXPECT_REFUSED("xorl %%eax, %%eax; movl %%eax, %%ss");
    EXPECT_REFUSED("movl $0xfff8, %%eax; movl %%eax, %%es");
    EXPECT_REFUSED("movl $0x0007, %%eax; movl %%eax, %%fs"); // of a local table
    EXPECT_REFUSED("movl $0xe008, %%eax; movl %%eax, %%gs");
}

TEST(instruction, far_returns_to_more_rights) {
    EXPECT_REFUSED("pushq $0xe008; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1: nop");
    EXPECT_REFUSED("pushq $0xe030; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1: nop");
    EXPECT_REFUSED("pushq $0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1: nop");
}

#define IRET(stack_segment, flags, code_segment, instruction)                                      \
    "movq %%rsp, %%rax; pushq $" #stack_segment "; pushq %%rax; pushq $" #flags                    \
    "; pushq $" #code_segment "; " instruction "; pushq %%rax; iretq; 1: "

TEST(instruction, iret_to_more_rights) {
    EXPECT_REFUSED(IRET(0xe02b, 0x202, 0xe008, "leaq 1f(%%rip), %%rax") "nop");
    EXPECT_REFUSED(IRET(0xe010, 0x202, 0xe033, "leaq 1f(%%rip), %%rax") "nop");
    EXPECT_REFUSED(IRET(0xe02b, 0x202, 0, "leaq 1f(%%rip), %%rax") "nop");
    EXPECT_REFUSED(IRET(0xe02b, 0x202, 0xe033, "movabsq $0x800000000000, %%rax") "nop");
    EXPECT_REFUSED(IRET(0xe02b, 0x3202, 0xe033, "leaq 1f(%%rip), %%rax") "cli");
    EXPECT_FAULT(debug, EXECUTE(IRET(0xe02b, 0x302, 0xe033, "leaq 1f(%%rip), %%rax") "nop; nop"));
}

#define SET_FLAGS(flags) "pushfq; orq $" #flags ", (%%rsp); popfq; "

TEST(instruction, popf_to_more_rights) {
    EXPECT_REFUSED(SET_FLAGS(0x3000) "cli");
    EXPECT_REFUSED(SET_FLAGS(0x3000) "inb $0x60, %%al");
    EXPECT_FAULT(debug, EXECUTE(SET_FLAGS(0x100) "nop; nop"));
    EXPECT_FAULT(debug, EXECUTE(SET_FLAGS(0x100) "movl $8, %%eax; syscall; nop; nop"));
}

// Flags that must not follow into the kernel: nested task, alignment check, identification, resume.
TEST(instruction, odd_flags_at_a_system_call) {
    for (int i = 0; i < 3; ++i) {
        asm volatile(SET_FLAGS(0x4000) "xorl %%eax, %%eax; syscall; pushq $0x202; popfq" ::
                         : "rax", "rcx", "r11", "memory");
        asm volatile(SET_FLAGS(0x40000) "xorl %%eax, %%eax; syscall; pushq $0x202; popfq" ::
                         : "rax", "rcx", "r11", "memory");
        asm volatile(SET_FLAGS(0x200000) "xorl %%eax, %%eax; syscall; pushq $0x202; popfq" ::
                         : "rax", "rcx", "r11", "memory");
        asm volatile("std; movl $8, %%eax; syscall; cld" ::: "rax", "rcx", "r11", "memory");
    }
    EXPECT_OK(null);
}

// The same when it is an interrupt that leaves user mode.
TEST(instruction, odd_flags_at_an_interrupt) {
    Peer odd{[] {
        asm volatile(SET_FLAGS(0x244c00) // nested task, alignment check, direction, identification
                     "movl $40000000, %%eax; 1: decl %%eax; jnz 1b; pushq $0x202; popfq" ::
                         : "rax", "memory");
    }};
    TAKE(odd.start(inherited().priority - 1));
    for (int i = 0; i < 10; ++i)
        sleep_for(millisecond);
    EXPECT(odd.wait());
    EXPECT_OK(null);
}

// The other code segment that Xen offers to user mode, of 32 bits.
#define IN_32_BITS(...)                                                                            \
    EXECUTE("movq %%rsp, %%rbx; pushq $0xe023; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; "        \
            ".code32; 1: " __VA_ARGS__ "; .code64")

TEST(instruction, code_segment_of_32_bits) {
    EXPECT_FAULT(invalid_opcode, IN_32_BITS("ud2"));
    EXPECT_FAULT(breakpoint, IN_32_BITS("int3"));
    EXPECT_FAULT(general_protection, IN_32_BITS("hlt"));
    EXPECT_FAULT(general_protection, IN_32_BITS("cli"));
    EXPECT_FAULT(page_fault, IN_32_BITS("movl 8, %%eax"));
    EXPECT_FAULT(opcode_or_protection, IN_32_BITS("xorl %%eax, %%eax; syscall; ud2"));
    EXPECT_FAULT(opcode_or_protection, IN_32_BITS("xorl %%eax, %%eax; sysenter; ud2"));
    EXPECT_FAULT(Vectors::any(), IN_32_BITS("int $0x82; ud2"));
}

TEST(instruction, thread_of_32_bits_is_preempted) {
    auto child = TAKE(Child::create());
    TAKE(child.start(IN_32_BITS("2: jmp 2b"), {}, inherited().priority - 1));
    for (int i = 0; i < 10; ++i)
        sleep_for(millisecond);
    EXPECT_OK(process_destroy, child.process().index(), 5);
    EXPECT_EQUAL(TAKE(child.wait()).status, 5);
}

// Data selectors that are valid stay with the thread's process, or at least do no harm.
TEST(instruction, selectors_that_are_valid) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        asm volatile("movl $0xe02b, %%eax; movl %%eax, %%ds; movl %%eax, %%es; movl %%eax, %%gs" ::
                         : "rax");
        for (int i = 0; i < 20; ++i)
            EXPECT_OK(thread_yield);
    }));
    for (int i = 0; i < 20; ++i)
        EXPECT_OK(thread_yield);
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

// A selector in FS takes the base away; it is the thread's to set it again.
TEST(instruction, thread_pointer_lost_to_a_selector_can_be_set_again) {
    auto const own = number(&current_thread());
    for (int i = 0; i < 20; ++i) {
        uint64_t back = 0;
        asm volatile("movl $0xe02b, %%eax; movl %%eax, %%fs" ::: "rax", "memory");
        Error const answer = thread_set_pointer(own).error();
        static_cast<void>(thread_sleep(after(100 * microsecond)));
        asm volatile("movq %%fs:0, %0" : "=r"(back)::"memory");
        EXPECT_EQUAL(back, own);
        EXPECT_ANSWER(none, thread_set_pointer, answer);
    }
}

} // namespace
