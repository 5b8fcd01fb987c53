// SPDX-License-Identifier: MIT
// Run-state areas (vcpu_runstate_info in xen/vcpu.h): Xen writes each time it schedules the VCPU,
// in or out, and reaches the kernel's addresses also while the VCPU runs user code. It writes into
// the page that user code reads (abi/accounting.hpp): so nobody has to copy when threads switch,
// and what is read of a VCPU that has been preempted is not what it saw itself last.
// VMASST_TYPE_runstate_update_flag, set at start, has Xen mark the begin of an update.
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

using lavandin::abi::Run_kind;
using lavandin::abi::Run_state;

static_assert(sizeof(vcpu_runstate_info) <= sizeof(Run_state));
static_assert(offsetof(vcpu_runstate_info, state) == offsetof(Run_state, state));
static_assert(offsetof(vcpu_runstate_info, state_entry_time) == offsetof(Run_state, since));
static_assert(offsetof(vcpu_runstate_info, time) == offsetof(Run_state, time));
static_assert(XEN_RUNSTATE_UPDATE == Run_state::writing);
static_assert(RUNSTATE_running == static_cast<int>(Run_kind::running));
static_assert(RUNSTATE_runnable == static_cast<int>(Run_kind::stolen));
static_assert(RUNSTATE_blocked == static_cast<int>(Run_kind::blocked));
static_assert(RUNSTATE_offline == static_cast<int>(Run_kind::offline));

void arch::keep_run_state(uint32_t processor, Run_state& record) {
    vcpu_register_runstate_memory_area argument{};
    argument.addr.v = reinterpret_cast<vcpu_runstate_info*>(&record);
    if (!xenpv::hypercall::vcpu_op(VCPUOP_register_runstate_memory_area, processor, &argument).ok())
        kernel::panic("processor {}: cannot register its run-state area", processor);
}
