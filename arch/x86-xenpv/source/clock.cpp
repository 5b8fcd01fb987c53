// SPDX-License-Identifier: MIT
// Xen's clock (vcpu_time_info in xen/xen.h) and single-shot timer (xen/vcpu.h).
#include <arch/clock.hpp>
#include <arch/frames.hpp>
#include <kernel/lock.hpp>
#include <kernel/log.hpp>
#include <lavandin/abi/clock_page.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

namespace xenpv {

using lavandin::abi::Clock_page;
using lavandin::abi::Clock_record;

namespace {

// Its records are what Xen keeps for each VCPU: their part that Xen calls time is what users need.
// Xen 4.17 can write a record of its own for users (VCPUOP_register_vcpu_time_memory_area), but
// cannot reach that while the VCPU runs user code (xen/arch/x86/pv/domain.c, toggle_guest_pt):
// there it would go stale just when it is read. These it always reaches.
constinit Clock_page clock_page_frame alignas(4096){};

static_assert(sizeof(vcpu_info) == sizeof(Clock_record));
static_assert(offsetof(vcpu_info, time) == offsetof(Clock_record, version));
static_assert(offsetof(vcpu_time_info, tsc_timestamp) == 8);
static_assert(offsetof(vcpu_time_info, system_time) == 16);
static_assert(offsetof(vcpu_time_info, tsc_to_system_mul) == 24);
static_assert(offsetof(vcpu_time_info, tsc_shift) == 28);
static_assert(offsetof(Clock_record, counter) - offsetof(Clock_record, version) == 8);
static_assert(offsetof(Clock_record, time) - offsetof(Clock_record, version) == 16);
static_assert(offsetof(Clock_record, multiplier) - offsetof(Clock_record, version) == 24);
static_assert(offsetof(Clock_record, shift) - offsetof(Clock_record, version) == 28);

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

// None crosses a page, as Xen wants it (VCPUOP_register_vcpu_info).
vcpu_info& vcpu_info_of(unsigned number) {
    return reinterpret_cast<vcpu_info&>(clock_page_frame.records[number]);
}

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

// Xen promises no step back on a VCPU, but its time is computed from a counter that some machines
// set back, and nothing is promised between VCPUs. User code looks at `latest`, too.
uint64_t forward(uint64_t time) {
    uint64_t seen = __atomic_load_n(&clock_page_frame.latest, __ATOMIC_RELAXED);
    while (time > seen)
        if (__atomic_compare_exchange_n(&clock_page_frame.latest, &seen, time, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return time;
    return seen;
}

kernel::Lock page_lock; // guards version, origin and wall clock in the page

// Readers begin again when the version is odd or has changed.
void write_page(uint64_t& word, uint64_t value) {
    __atomic_store_n(&clock_page_frame.version, clock_page_frame.version + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&word, value, __ATOMIC_RELAXED);
    __atomic_store_n(&clock_page_frame.version, clock_page_frame.version + 1, __ATOMIC_RELEASE);
}

uint64_t read_wall_offset() {
    shared_info const volatile& info = *shared;
    for (;;) {
        uint32_t const version = info.wc_version;
        asm volatile("" ::: "memory");
        uint64_t const seconds = uint64_t{info.wc_sec_hi} << 32 | info.wc_sec;
        uint64_t const offset = seconds * 1'000'000'000 + info.wc_nsec;
        asm volatile("" ::: "memory");
        if (!(version & 1) && version == info.wc_version)
            return offset + clock_page_frame.origin;
    }
}

} // namespace
} // namespace xenpv

namespace arch {

using namespace xenpv;

namespace {

// Xen computes with signed times. Too early an interrupt does no harm.
constexpr uint64_t farthest = uint64_t{1} << 60;

} // namespace

// Readers of the page take its wall clock for good while it is younger than a second.
void start_clock() {
    write_page(clock_page_frame.origin, platform_time());
    static_cast<void>(wall_offset());
}

kernel::Time now() { return forward(platform_time() - clock_page_frame.origin); }

kernel::Time platform_origin() { return clock_page_frame.origin; }

kernel::Pfn clock_page() { return frame_of(&clock_page_frame); }

kernel::Time wall_offset() {
    kernel::Lock_guard const guard{page_lock};
    uint64_t const offset = read_wall_offset();
    if (offset != clock_page_frame.wall_offset)
        write_page(clock_page_frame.wall_offset, offset);
    __atomic_store_n(&clock_page_frame.wall_checked, clock_page_frame.latest, __ATOMIC_RELEASE);
    return offset;
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
    uint64_t const timeout = deadline < farthest ? deadline + clock_page_frame.origin : farthest;
    vcpu_set_singleshot_timer const argument{timeout, 0};
    if (!hypercall::vcpu_op(VCPUOP_set_singleshot_timer, self.number, &argument).ok())
        kernel::panic("timer: cannot set to {}", deadline);
}

} // namespace arch
