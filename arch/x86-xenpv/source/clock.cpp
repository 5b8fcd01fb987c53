// SPDX-License-Identifier: MIT
// Xen's clock (vcpu_time_info in xen/xen.h) and single-shot timer (xen/vcpu.h).
#include <arch/clock.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

namespace xenpv {

namespace {

uint64_t read_tsc() {
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return uint64_t{high} << 32 | low;
}

uint64_t scale(uint64_t ticks, uint32_t multiplier, int8_t shift) {
    ticks = shift < 0 ? ticks >> -shift : ticks << shift;
    return static_cast<uint64_t>(static_cast<__uint128_t>(ticks) * multiplier >> 32);
}

} // namespace

// Xen's system time. Xen changes the record only on this VCPU, but may do so between two of our
// reads (the VCPU is preempted and comes back): an unchanged even version says that what was read
// belongs together.
uint64_t platform_time() {
    vcpu_time_info const volatile& info = local().vcpu_info->time;
    for (;;) {
        uint32_t const version = info.version;
        asm volatile("" ::: "memory");
        uint64_t const ticks = read_tsc() - info.tsc_timestamp;
        uint64_t const time =
            info.system_time + scale(ticks, info.tsc_to_system_mul, info.tsc_shift);
        asm volatile("" ::: "memory");
        if (!(version & 1) && version == info.version)
            return time;
    }
}

namespace {

// Xen promises no step back, but its time is computed from a counter that some machines set back.
uint64_t forward(uint64_t time) {
    uint64_t& latest = local().latest_time;
    latest = time > latest ? time : latest;
    return latest;
}

} // namespace
} // namespace xenpv

namespace arch {

using namespace xenpv;

namespace {

// Xen computes with signed times. Too early an interrupt does no harm.
constexpr uint64_t farthest = uint64_t{1} << 60;

kernel::Time origin; // of our clock on Xen's

} // namespace

void start_clock() { origin = platform_time(); }

kernel::Time now() { return forward(platform_time()) - origin; }

kernel::Time wall_offset() {
    shared_info const volatile& info = *shared;
    for (;;) {
        uint32_t const version = info.wc_version;
        uint64_t const seconds = uint64_t{info.wc_sec_hi} << 32 | info.wc_sec;
        uint64_t const offset = seconds * 1'000'000'000 + info.wc_nsec;
        if (!(version & 1) && version == info.wc_version)
            return offset + origin;
    }
}

void program_timer(kernel::Time deadline) {
    Local& self = local();
    if (deadline == self.programmed_deadline)
        return;
    self.programmed_deadline = deadline;
    if (deadline == kernel::never) {
        if (!hypercall::vcpu_op(VCPUOP_stop_singleshot_timer, self.number).ok())
            kernel::panic("timer: cannot stop");
        return;
    }
    uint64_t const timeout = deadline < farthest ? deadline + origin : farthest;
    vcpu_set_singleshot_timer const argument{timeout, 0};
    if (!hypercall::vcpu_op(VCPUOP_set_singleshot_timer, self.number, &argument).ok())
        kernel::panic("timer: cannot set to {}", deadline);
}

} // namespace arch
