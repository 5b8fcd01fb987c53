// SPDX-License-Identifier: MIT
// Run-state areas (vcpu_runstate_info in xen/vcpu.h): Xen writes each time it schedules the VCPU.
// With VMASST_TYPE_runstate_update_flag the begin of an update is marked, so that another VCPU's
// record can be read whole, too.
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

namespace xenpv {

namespace {

// Padded so that none crosses a page: Xen then writes to one frame.
struct alignas(64) Area {
    vcpu_runstate_info info;
};
Area areas[most_processors];

vcpu_runstate_info read(Area const& area) {
    vcpu_runstate_info const volatile& source = area.info;
    for (;;) {
        uint64_t const before = source.state_entry_time;
        asm volatile("" ::: "memory");
        vcpu_runstate_info const copy{
            source.state, before, {source.time[0], source.time[1], source.time[2], source.time[3]}};
        asm volatile("" ::: "memory");
        if (!(before & XEN_RUNSTATE_UPDATE) && before == source.state_entry_time)
            return copy;
    }
}

} // namespace

void register_run_state() {
    unsigned const number = local().number;
    vcpu_register_runstate_memory_area argument{};
    argument.addr.v = &areas[number].info;
    if (!hypercall::vcpu_op(VCPUOP_register_runstate_memory_area, number, &argument).ok())
        kernel::panic("processor {}: cannot register its run-state area", number);
}

} // namespace xenpv

namespace arch {

// Xen adds up to the last change of state; since then the VCPU is in the state noted. For one that
// runs that is up to now.
Run_times run_times() {
    using namespace xenpv;
    Run_times sum{};
    for (unsigned number = 0; number < most_processors; ++number) {
        vcpu_runstate_info const info = read(areas[number]);
        if (!info.state_entry_time)
            continue;
        uint64_t times[4]{info.time[0], info.time[1], info.time[2], info.time[3]};
        times[info.state] += platform_time() - info.state_entry_time;
        sum.running += times[RUNSTATE_running];
        sum.stolen += times[RUNSTATE_runnable];
        sum.blocked += times[RUNSTATE_blocked];
        sum.offline += times[RUNSTATE_offline];
    }
    return sum;
}

} // namespace arch
