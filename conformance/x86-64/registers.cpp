// SPDX-License-Identifier: MIT
// Registers: kept over system calls and while others run, and never shown to others.
#include "x86-64/registers.hpp"
#include "tests/common.hpp"

#include <lavandin/abi/system_call_numbers.hpp>

#include <string.h>

namespace {

using namespace conformance;

constexpr uint64_t arithmetic_flags = 0x8d5; // OF SF ZF AF PF CF
constexpr uint64_t direction_flag = 1 << 10;
constexpr uint64_t usual_flags = 0x202;

Register_file pattern(uint64_t seed) {
    Register_file file{};
    auto* const words = reinterpret_cast<uint64_t*>(&file);
    for (uint64_t i = 0; i < sizeof file / sizeof(uint64_t); ++i)
        words[i] = seed * 0x1'0000'0001'0001 + i * 0x0101'0101'0101'0101;
    file.rflags = usual_flags;
    return file;
}

void expect_kept(Register_file const& now, Register_file const& before) {
    EXPECT_EQUAL(now.rbx, before.rbx);
    EXPECT_EQUAL(now.rdx, before.rdx);
    EXPECT_EQUAL(now.rsi, before.rsi);
    EXPECT_EQUAL(now.rdi, before.rdi);
    EXPECT_EQUAL(now.rbp, before.rbp);
    EXPECT_EQUAL(now.r8, before.r8);
    EXPECT_EQUAL(now.r9, before.r9);
    EXPECT_EQUAL(now.r10, before.r10);
    EXPECT_EQUAL(now.r12, before.r12);
    EXPECT_EQUAL(now.r13, before.r13);
    EXPECT_EQUAL(now.r14, before.r14);
    EXPECT_EQUAL(now.r15, before.r15);
}

TEST(registers, system_call_keeps_all_but_two) {
    auto before = pattern(3);
    before.rax = number(System_call::null);
    auto now = before;
    registers_enter_kernel(&now);
    EXPECT_EQUAL(now.rax, Error::none);
    expect_kept(now, before);
}

TEST(registers, refused_system_call_keeps_them_too) {
    auto before = pattern(4);
    before.rax = 9999;
    auto now = before;
    registers_enter_kernel(&now);
    EXPECT_EQUAL(now.rax, Error::no_such_system_call);
    expect_kept(now, before);
}

TEST(registers, call_that_blocks_keeps_them) {
    auto before = pattern(5);
    before.rax = number(System_call::thread_sleep);
    before.rdi = after(5 * millisecond);
    auto now = before;
    Peer scribbler{[] {
        for (int i = 0; i < 10; ++i) {
            auto other = pattern(0xbad);
            other.rax = number(System_call::thread_yield);
            registers_enter_kernel(&other);
        }
    }};
    TAKE(scribbler.start());
    registers_enter_kernel(&now);
    EXPECT_EQUAL(now.rax, Error::none);
    expect_kept(now, before);
    EXPECT(scribbler.wait());
}

TEST(registers, flags_survive_a_system_call) {
    for (uint64_t const flags :
         {uint64_t{0}, arithmetic_flags, direction_flag, arithmetic_flags | direction_flag}) {
        auto file = pattern(6);
        file.rax = number(System_call::null);
        file.rflags = usual_flags | flags;
        registers_enter_kernel(&file);
        EXPECT_EQUAL(file.rflags & (arithmetic_flags | direction_flag), flags);
    }
}

// The kernel never uses the caller's stack.
TEST(registers, any_stack_pointer_will_do_for_a_system_call) {
    for (uint64_t const stack :
         {uint64_t{0}, uint64_t{1}, user_end, uint64_t{0x0000'8000'0000'0000},
          uint64_t{0x1234'5678'9abc'def0}, uint64_t{0xffff'8000'0000'0000},
          uint64_t{0xffff'8800'0000'0000}, ~uint64_t{0}}) {
        Register_file file{};
        file.rax = number(System_call::null);
        registers_enter_kernel_on(stack, &file);
        EXPECT_EQUAL(file.rax, Error::none);
        EXPECT_EQUAL(file.rbx, stack);
    }
}

Fpu_file fpu_pattern(uint8_t seed) {
    Fpu_file file{};
    file.control_word = static_cast<uint16_t>(0x37f | (seed % 4) << 10); // rounding
    file.tag_word = 0xff;
    file.mxcsr = 0x1f80 | (seed % 4U) << 13;
    for (unsigned i = 0; i < 8; ++i) {
        memset(file.st[i], static_cast<int>(seed + i), 8);
        file.st[i][9] = 0x3f;
        file.st[i][8] = 0xff;
        file.st[i][7] |= 0x80;
    }
    for (unsigned i = 0; i < 16; ++i)
        memset(file.xmm[i], static_cast<int>(seed ^ (i * 17)), 16);
    return file;
}

// What spins with its own registers while others do; words: seed, rounds.
void spin(Words const& words) {
    auto const before = pattern(words[0]);
    auto const fpu_before = fpu_pattern(static_cast<uint8_t>(words[0]));
    auto now = before;
    auto fpu_now = fpu_before;
    registers_rounds = words[1];
    registers_spin(&now, &fpu_now);
    expect_kept(now, before);
    EXPECT(now.rax == before.rax && now.rcx == before.rcx && now.r11 == before.r11);
    EXPECT_EQUAL(memcmp(fpu_now.xmm, fpu_before.xmm, sizeof fpu_now.xmm), 0);
    EXPECT_EQUAL(memcmp(fpu_now.st, fpu_before.st, sizeof fpu_now.st), 0);
    EXPECT_EQUAL(fpu_now.mxcsr, fpu_before.mxcsr);
    EXPECT_EQUAL(fpu_now.control_word, fpu_before.control_word);
}

TEST(registers, survive_preemption) {
    constexpr uint64_t rounds = 30'000'000;
    uint64_t const switches = TAKE(system_counters()).thread_switches;
    Child children[]{TAKE(Child::create()), TAKE(Child::create()), TAKE(Child::create())};
    uint64_t seed = 0;
    for (auto& child : children)
        TAKE(child.start(spin, {seed += 0x11, rounds}, inherited().priority - 1));
    for (auto const& child : children)
        EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    EXPECT(TAKE(system_counters()).thread_switches - switches >= 6);
}

bool only_bytes(uint8_t const* bytes, size_t count, uint8_t value) {
    for (size_t i = 0; i < count; ++i)
        if (bytes[i] != value)
            return false;
    return true;
}

// Fills everything with a secret again and again.
void keep_secret(Words const&) {
    while (true) {
        auto file = pattern(0x5ec);
        auto fpu = fpu_pattern(0x5e);
        registers_rounds = 10000;
        registers_spin(&file, &fpu);
        static_cast<void>(thread_yield());
    }
}

TEST(registers, new_thread_sees_nothing_of_others) {
    auto child = TAKE(Child::create());
    TAKE(child.start(keep_secret));
    static First_sight sight;
    for (int round = 0; round < 20; ++round) {
        memset(&sight.registers, 0xee, sizeof sight.registers);
        sight.done = 0;
        auto const stack = TAKE(fresh_memory(page_size)) + page_size;
        auto const thread =
            MUST(thread_create, self_process, number(&registers_first_instruction), stack,
                 number(&sight), inherited().priority, layout::fresh_addresses(page_size));
        while (sight.done == 0)
            EXPECT_OK(thread_yield);
        auto const& seen = sight.registers;
        EXPECT((seen.rax | seen.rbx | seen.rdx | seen.rsi | seen.rbp) == 0);
        EXPECT((seen.r8 | seen.r9 | seen.r10 | seen.r12 | seen.r13 | seen.r14 | seen.r15) == 0);
        EXPECT_EQUAL(seen.rdi, &sight);
        EXPECT_EQUAL(seen.rflags & (arithmetic_flags | direction_flag), 0);
        EXPECT(only_bytes(&sight.fpu.xmm[0][0], sizeof sight.fpu.xmm, 0));
        EXPECT(only_bytes(&sight.fpu.st[0][0], sizeof sight.fpu.st, 0));
        EXPECT_EQUAL(sight.fpu.mxcsr, 0x1f80);
        EXPECT_EQUAL(sight.fpu.control_word, 0x37f);
        EXPECT_OK(capability_delete, thread);
    }
}

TEST(registers, process_without_fpu_sees_nothing_of_others) {
    auto secret = TAKE(Child::create());
    TAKE(secret.start(keep_secret));
    auto child = TAKE(Child::create(Child::usual_quota, process_without_fpu));
    TAKE(child.start([](Words const&) {
        for (int i = 0; i < 50; ++i) {
            Fpu_file fpu;
            asm volatile("fxsave64 %0" : "=m"(fpu));
            uint8_t const secret_byte = fpu_pattern(0x5e).xmm[5][0];
            EXPECT(!only_bytes(fpu.xmm[5], 16, secret_byte));
            EXPECT_OK(thread_yield);
        }
    }));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

} // namespace
