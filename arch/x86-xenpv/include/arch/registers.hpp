// SPDX-License-Identifier: MIT
// The saved registers of a thread. The end is exactly what Xen's iret hypercall takes from the
// stack (struct iret_context in xen/arch-x86/xen-x86_64.h), so that leaving the kernel is: load the
// first twelve, point rsp at `rax`, call iret.
#pragma once

#include <lavandin/abi/error.hpp>
#include <lavandin/abi/process.hpp>
#include <stddef.h>
#include <stdint.h>

namespace arch {

class Registers {
public:
    // A new thread: enters user mode at `entry`.
    void start(uint64_t entry, uint64_t stack, uint64_t argument) {
        *this = Registers{};
        _rip = entry;
        _rsp = stack;
        _rdi = argument;
        _cs = user_code;
        _ss = user_stack;
        _rflags = interrupts_enabled;
    }

    uint64_t number() const { return _rax; }

    uint64_t word(unsigned index) const {
        switch (index) {
        case 0:
            return _rdi;
        case 1:
            return _rsi;
        case 2:
            return _rdx;
        case 3:
            return _r10;
        case 4:
            return _r8;
        default:
            return _r9;
        }
    }

    void set_word(unsigned index, uint64_t value) {
        switch (index) {
        case 0:
            _rdi = value;
            return;
        case 1:
            _rsi = value;
            return;
        case 2:
            _rdx = value;
            return;
        case 3:
            _r10 = value;
            return;
        case 4:
            _r8 = value;
            return;
        default:
            _r9 = value;
            return;
        }
    }

    // Enters user mode at another place, with `error` as the answer; the other registers stay.
    void resume(uint64_t instruction, uint64_t stack, lavandin::abi::Error error) {
        _rip = instruction;
        _rsp = stack;
        _flags = 0;
        _cs = user_code;
        _ss = user_stack;
        _rflags = interrupts_enabled;
        answer(error);
    }

    // As messages about faults carry them (libos/x86-64, fault_registers.hpp).
    static constexpr unsigned fault_words = 18;

    void copy_out(uint64_t* words) const {
        uint64_t const values[fault_words]{_rax, _rbx, _rcx, _rdx, _rsi, _rdi, _rbp, _rsp, _r8,
                                           _r9,  _r10, _r11, _r12, _r13, _r14, _r15, _rip, _rflags};
        for (unsigned i = 0; i < fault_words; ++i)
            words[i] = values[i];
    }

    // False, and nothing changes, when user mode could not have come there by itself. Selectors and
    // flags that user mode may not set stay as they are.
    bool copy_in(uint64_t const* words) {
        uint64_t const instruction = words[16];
        if (instruction != _rip && instruction >= lavandin::abi::user_end)
            return false;
        uint64_t* const places[fault_words]{&_rax, &_rbx, &_rcx, &_rdx, &_rsi, &_rdi,
                                            &_rbp, &_rsp, &_r8,  &_r9,  &_r10, &_r11,
                                            &_r12, &_r13, &_r14, &_r15, &_rip, nullptr};
        for (unsigned i = 0; i + 1 < fault_words; ++i)
            *places[i] = words[i];
        _rflags = (_rflags & ~user_flags) | (words[17] & user_flags);
        _flags = 0;
        return true;
    }

    void answer(lavandin::abi::Error error) { _rax = static_cast<uint64_t>(error); }

    uint64_t instruction_pointer() const { return _rip; }
    uint64_t stack_pointer() const { return _rsp; }
    uint64_t frame_pointer() const { return _rbp; }
    uint64_t code_segment() const { return _cs; }

    // Calls `print(name, value, name, value, name, value, name, value)` for every four registers.
    template <typename Print>
    void for_each_four(Print print) const {
        print("rip", _rip, "rsp", _rsp, "rflags", _rflags, "cs", _cs);
        print("rax", _rax, "rbx", _rbx, "rcx", _rcx, "rdx", _rdx);
        print("rsi", _rsi, "rdi", _rdi, "rbp", _rbp, "r8", _r8);
        print("r9", _r9, "r10", _r10, "r11", _r11, "r12", _r12);
        print("r13", _r13, "r14", _r14, "r15", _r15, "ss", _ss);
    }

private:
    static constexpr uint64_t user_code = 0xe033;  // FLAT_USER_CS
    static constexpr uint64_t user_stack = 0xe02b; // FLAT_USER_SS
    static constexpr uint64_t interrupts_enabled = 0x202;
    static constexpr uint64_t user_flags = 0x240dd5; // CF PF AF ZF SF TF DF OF AC ID

    uint64_t _r15{}, _r14{}, _r13{}, _r12{}, _rbp{}, _rbx{};
    uint64_t _r10{}, _r9{}, _r8{}, _rdx{}, _rsi{}, _rdi{};
    // iret_context
    uint64_t _rax{}, _r11{}, _rcx{};
    [[maybe_unused]] uint64_t _flags{}; // entry.S: VGCF_IN_SYSCALL or 0
    uint64_t _rip{}, _cs{}, _rflags{}, _rsp{}, _ss{};
};

static_assert(sizeof(Registers) == 21 * 8);

} // namespace arch
