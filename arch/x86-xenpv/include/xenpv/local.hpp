// SPDX-License-Identifier: MIT
// What each VCPU has of its own, found through GS. entry.S knows the offsets marked so.
#pragma once

#include <arch/registers.hpp>
#include <stddef.h>

struct vcpu_info;

namespace kernel {
class Processor;
struct Outside_view;
} // namespace kernel

namespace xenpv {

struct Local {
    Local* self;                              // offset 0
    arch::Registers* frame;                   // offset 8: where an entry from user mode is saved
    uint64_t stack_top;                       // offset 16
    uint64_t kernel_entries;                  // offset 24: from user mode, of any kind
    uint64_t hypercalls;                      // offset 32
    struct vcpu_info* vcpu_info;              // offset 40: shared with Xen
    kernel::Processor* processor;             // what the kernel keeps for this processor
    kernel::Outside_view const* outside_view; // for who reads memory from outside
    uint64_t loaded_table;                    // top-level user table in use, as Mfn; 0 for none
    uint64_t table_switches;
    uint64_t events;
    uint64_t timer_interrupts;
    uint64_t programmed_deadline; // of the single-shot timer; ~0 for none
    unsigned number;
    uint32_t timer_port;
    arch::Registers crash_frame; // registers at a fault in the kernel itself
    uint32_t kick_port;          // from other processors: come into the kernel
    uint32_t wake_port;          // from other processors: what you sleep for has come (masked)
    uint64_t base_table;         // top-level user table that Xen has for the VCPU, as Mfn
    void* saved_fpu;             // state that the FPU registers hold, but is in memory, too
    uint64_t stack_bytes;
    void* loaded_fpu; // state that the FPU registers belong to
};

static_assert(offsetof(Local, frame) == 8);
static_assert(offsetof(Local, stack_top) == 16);
static_assert(offsetof(Local, kernel_entries) == 24);
static_assert(offsetof(Local, hypercalls) == 32);
static_assert(offsetof(Local, vcpu_info) == 40);
static_assert(offsetof(Local, outside_view) == 56); // readers from outside rely on it
static_assert(offsetof(Local, crash_frame) == 112);

inline Local& local() {
    Local* self;
    asm volatile("movq %%gs:0, %0" : "=r"(self));
    return *self;
}

inline void count_hypercall() { asm volatile("incq %%gs:32" ::: "memory"); }

} // namespace xenpv
