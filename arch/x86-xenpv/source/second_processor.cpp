// SPDX-License-Identifier: MIT
// Starting further VCPUs (VCPUOP_initialise, VCPUOP_up in xen/vcpu.h). A VCPU begins in
// processor_entry on its own stack, with the kernel's page table and its own GS base.
#include <arch/frames.hpp>
#include <arch/machine.hpp>
#include <arch/processor.hpp>
#include <kernel/boot.hpp>
#include <kernel/frame_pool.hpp>
#include <kernel/log.hpp>
#include <xenpv/fpu.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>
#include <xenpv/start_info.hpp>

extern "C" {
void event_entry();
void failsafe_entry();
void system_call_entry();
[[noreturn]] void processor_entry();
}

namespace xenpv {

namespace {

vcpu_guest_context context; // one VCPU is started at a time

void fill_context(Local& self) {
    context = {};
    context.flags = VGCF_in_kernel | VGCF_syscall_disables_events | VGCF_failsafe_disables_events;
    context.user_regs.rip = reinterpret_cast<uint64_t>(processor_entry);
    context.user_regs.rsp = self.stack_top;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.kernel_sp = self.stack_top;
    context.ctrlreg[3] =
        xen_pfn_to_cr3(p2m.mfn(arch::frame_of(reinterpret_cast<void*>(start.pt_base))).value);
    context.event_callback_eip = reinterpret_cast<uint64_t>(event_entry);
    context.failsafe_callback_eip = reinterpret_cast<uint64_t>(failsafe_entry);
    context.syscall_callback_eip = reinterpret_cast<uint64_t>(system_call_entry);
    context.gs_base_kernel = reinterpret_cast<uint64_t>(&self);
}

// Going down is a multicall of one: Xen notes the answer in memory after it has taken the VCPU down
// and before it runs somebody else there (do_multicall in common/multicall.c). So whoever wants it
// back sees that it is down, which would be a hypercall more to ask for. A VCPU that is merely not
// running, or paused by dom0 on its way down, looks the same in its run state.
multicall_entry going_down[most_processors];
constexpr uint64_t not_down = 1; // Xen writes 0, or an error

bool down(unsigned number) {
    return __atomic_load_n(&going_down[number].result, __ATOMIC_ACQUIRE) != not_down;
}

void prepare_to_go_down(unsigned number) {
    going_down[number] = {
        .op = __HYPERVISOR_vcpu_op, .result = not_down, .args = {VCPUOP_down, number}};
}

bool initialise(Local& self) {
    fill_context(self);
    auto const answer = hypercall::vcpu_op(VCPUOP_initialise, self.number, &context);
    return answer.ok() || answer.value == -XEN_EEXIST;
}

} // namespace
} // namespace xenpv

using namespace xenpv;

void processor_entry() {
    set_up_traps();
    set_up_events();
    set_up_fpu();
    kernel::processor_started();
}

namespace arch {

// Xen takes each of these steps once. What an attempt has come to when it refuses the next step
// stays for the next attempt.
kernel::Result<void> start_processor(uint32_t number, kernel::Processor& processor) {
    Local& self = local_of(number);
    if (self.stack_top == 0) {
        void* const stack = TRY(kernel::take_kernel_page());
        prepare_local(number, reinterpret_cast<uint64_t>(stack) + kernel::page_size,
                      kernel::page_size);
    }
    self.processor = &processor;
    prepare_to_go_down(number);
    // In this order: Xen's shared page has vcpu_info for 32 only (XEN_LEGACY_MAX_VCPUS), and Xen
    // initialises no VCPU that has none.
    bool const ok = (self.vcpu_info || register_vcpu_info(self)) && initialise(self) &&
                    hypercall::vcpu_op(VCPUOP_up, number).ok();
    return ok ? kernel::Result<void>{} : kernel::Error::refused;
}

// VCPUOP_up has no effect on a VCPU that has not gone down yet: it is between its last look at the
// kernel and that, and gets there if it gets the physical processor. It comes no further than to
// the gate that its caller holds.
bool restart_processor(uint32_t number) {
    while (!down(number))
        (void)hypercall::yield();
    if (!hypercall::vcpu_op(VCPUOP_up, number).ok())
        return false;
    prepare_to_go_down(number);
    return true;
}

// Xen lets the VCPU go on behind the call when it comes up again.
void stop_processor() {
    unsigned const number = local().number;
    multicall_entry& call = going_down[number];
    if (!hypercall::multicall(&call, 1).ok() || static_cast<int64_t>(call.result) < 0)
        kernel::panic("processor {}: Xen does not take it down", number);
    kernel::processor_resumed();
}

} // namespace arch
