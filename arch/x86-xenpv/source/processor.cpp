// SPDX-License-Identifier: MIT
// Per-VCPU state and switching between threads.
#include "entry_offsets.h"
#include <arch/frames.hpp>
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/thread.hpp>
#include <xenpv/fpu.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>
#include <xenpv/start_info.hpp>

namespace xenpv {

namespace {

Local locals[most_processors];
unsigned started; // those below have a Local that may be looked at

} // namespace

bool register_vcpu_info(Local& self) {
    vcpu_info& info = vcpu_info_of(self.number);
    vcpu_register_vcpu_info const argument{p2m.mfn(arch::frame_of(&info)).value,
                                           uint32_t(uint64_t(&info) % kernel::page_size), 0};
    bool const ok = hypercall::vcpu_op(VCPUOP_register_vcpu_info, self.number, &argument).ok();
    self.vcpu_info = ok ? &info : nullptr;
    return ok;
}

Local& local_of(unsigned number) { return locals[number]; }

unsigned started_processors() { return __atomic_load_n(&started, __ATOMIC_ACQUIRE); }

void prepare_local(unsigned number, uint64_t stack_top, uint64_t stack_bytes) {
    Local& self = locals[number];
    self.self = &self;
    self.number = number;
    self.stack_top = stack_top;
    self.stack_bytes = stack_bytes;
    self.outside_view = outside_view();
    self.programmed_deadline = kernel::never;
    if (number >= started) // they come in any order; nobody else is in the kernel
        __atomic_store_n(&started, number + 1, __ATOMIC_RELEASE);
}

void set_up_processor(unsigned number, uint64_t stack_top, uint64_t stack_bytes) {
    prepare_local(number, stack_top, stack_bytes);
    Local& self = locals[number];
    bool const ok =
        hypercall::first_set_segment_base(SEGBASE_GS_KERNEL, reinterpret_cast<uint64_t>(&self))
            .ok() &&
        hypercall::stack_switch(stack_top).ok() &&
        hypercall::vm_assist(VMASST_TYPE_m2p_strict).ok() &&
        hypercall::vm_assist(VMASST_TYPE_runstate_update_flag).ok() && register_vcpu_info(self);
    if (!ok)
        kernel::panic("processor {}: Xen refuses its set-up", number);
}

} // namespace xenpv

namespace arch {

using namespace xenpv;

namespace {

// None for a thread that only works in the kernel any more: its process's tables are gone.
void load_table(kernel::Process& process) {
    bool const exists = process.space().exists();
    uint64_t const table = exists ? p2m.mfn(process.space().top()).value : 0;
    Local& self = local();
    if (self.loaded_table == table)
        return;
    // Before it is loaded: whoever changes the table sees us, or has changed it before the flush.
    __atomic_store_n(&self.loaded_table, table, __ATOMIC_SEQ_CST);
    mmuext_op_t operations[2];
    operations[0].cmd = MMUEXT_NEW_USER_BASEPTR;
    operations[0].arg1.mfn = table;
    operations[1].cmd = MMUEXT_TLB_FLUSH_LOCAL; // Xen makes user pages global
    if (!hypercall::mmuext_op(operations, 2).ok())
        kernel::panic("processor: Xen refuses the user table {x}", table);
    self.base_table = table;
    ++self.table_switches;
}

// User mode may load what selectors it likes, and Xen leaves them where they are on the way in and
// out. They end with the thread's turn: nothing of ours needs them, and the next one would see
// them. GS is not for the kernel to load, whose own base would be lost.
void clear_selectors() {
    uint32_t ds, es, gs;
    asm volatile("movl %%ds, %0; movl %%es, %1; movl %%gs, %2" : "=r"(ds), "=r"(es), "=r"(gs));
    if ((ds | es | gs) == 0)
        return;
    asm volatile("movl %0, %%ds; movl %0, %%es" ::"r"(0));
    if (gs && !hypercall::set_segment_base(SEGBASE_GS_USER_SEL, 0).ok())
        kernel::panic("processor: Xen refuses a GS selector of 0");
}

} // namespace

// The selector is cleared, too: Xen forgets a base behind a selector that is not null.
void load_thread_pointer(uint64_t base) {
    asm volatile("movl %0, %%fs" ::"r"(0));
    if (!hypercall::set_segment_base(SEGBASE_FS, base).ok())
        kernel::panic("processor: Xen refuses FS base {x}", base);
}

kernel::Processor& current_processor() {
    kernel::Processor* processor;
    asm volatile("movq %%gs:%c1, %0" : "=r"(processor) : "i"(offsetof(Local, processor)));
    return *processor;
}

uint32_t processor_number() { return local().number; }

void set_current_processor(kernel::Processor& processor) { local().processor = &processor; }

void set_frame(Registers& frame) { local().frame = &frame; }

void switch_to(kernel::Thread& next) {
    set_frame(next.registers());
    load_table(next.home());
    clear_selectors();
    load_thread_pointer(next.thread_pointer());
    switch_fpu(next.fpu_state());
}

void save_state() { save_fpu(); }

void resume_state() { resume_fpu(); }

// Xen answers -ENOENT for a VCPU that the domain does not have.
uint32_t possible_processors() {
    uint32_t count = 0;
    while (count < most_processors && hypercall::vcpu_op(VCPUOP_is_up, count).ok())
        ++count;
    return count;
}

Counters counters(uint32_t processor) {
    Local const& its = locals[processor];
    return {its.kernel_entries, its.hypercalls, its.table_switches, its.events,
            its.timer_interrupts};
}

Counters counters() {
    Counters sum{};
    for (unsigned number = 0; number < started_processors(); ++number) {
        Counters const each = counters(number);
        sum.kernel_entries += each.kernel_entries;
        sum.platform_calls += each.platform_calls;
        sum.table_switches += each.table_switches;
        sum.events += each.events;
        sum.timer_interrupts += each.timer_interrupts;
    }
    return sum;
}

} // namespace arch
