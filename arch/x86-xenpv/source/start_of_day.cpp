// SPDX-License-Identifier: MIT
// From Xen's first instruction of ours to kernel::start.
//
// The domain builder (xen/xen.h, "Start-of-day memory layout") maps everything it made writable and
// executable from KERNEL_BASE on, frame n at KERNEL_BASE + n * 4096:
//
//   kernel | boot image | start_info | store ring | console ring | page tables | stack | padding
//
// What has a use gets the rights it needs, the rest is unmapped and becomes free memory.

#include "entry_offsets.h"
#include "layout.h"
#include <arch/clock.hpp>
#include <kernel/boot.hpp>
#include <kernel/log.hpp>
#include <xen/features.h>
#include <xenpv/fpu.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>
#include <xenpv/start_info.hpp>

extern "C" {
extern char kernel_begin[], text_end[], constant_end[], kernel_end[];
[[noreturn]] void arch_start(start_info const* given);
}

namespace xenpv {

start_info start;
P2m p2m;

namespace {

using kernel::Boot;
using kernel::Frame_range;
using kernel::log;
using kernel::panic;

constexpr uint64_t large_page = 4 * 1024 * 1024;
constexpr uint64_t least_padding = 512 * 1024;

alignas(4096) char shared_info_page[kernel::page_size]; // its frame gives way to Xen's

uint64_t address_of(Pfn frame) { return KERNEL_BASE + frame.value * kernel::page_size; }
uint64_t address_of(char const* symbol) { return reinterpret_cast<uint64_t>(symbol); }
Pfn frame_at(uint64_t address) { return Pfn{(address - KERNEL_BASE) >> kernel::page_shift}; }

// Frames [0, used) hold what the builder made, [used, mapped) is mapped padding.
struct Extent {
    uint64_t used;
    uint64_t mapped;
};

Extent boot_extent() {
    uint64_t const stack = start.pt_base + start.nr_pt_frames * kernel::page_size;
    uint64_t const used = stack + kernel::page_size;
    uint64_t end = (used + large_page - 1) / large_page * large_page;
    if (end - used < least_padding)
        end += large_page;
    return {frame_at(stack).value, frame_at(end).value};
}

void set_mapping(uint64_t address, Pfn frame, uint64_t flags) {
    Entry const entry = flags ? make_entry(p2m.mfn(frame), flags) : Entry{0};
    if (!hypercall::update_va_mapping(address, entry, UVMF_INVLPG | UVMF_LOCAL).ok())
        panic("start of day: cannot map {x} as {x}", address, entry.raw);
}

// Rights of what lies at `address` in the builder's mapping; 0 for what has no use.
uint64_t rights(uint64_t address, Pfn console) {
    namespace flag = entry_flag;
    if (address < address_of(text_end))
        return flag::kernel_code;
    if (address < address_of(constant_end))
        return flag::kernel_constant;
    if (address < address_of(kernel_end))
        return flag::kernel_data;
    if (address >= start.pt_base &&
        address < start.pt_base + start.nr_pt_frames * kernel::page_size)
        return flag::kernel_constant;
    if (address >= start.mod_start && address < start.mod_start + start.mod_len)
        return flag::kernel_constant;
    return address == address_of(console) ? flag::kernel_data : 0;
}

void restrict_boot_mapping(Extent const& extent, Pfn console) {
    for (Pfn frame{0}; frame.value < extent.mapped && frame.value < start.nr_pages; ++frame.value)
        if (address_of(frame) != address_of(shared_info_page))
            set_mapping(address_of(frame), frame, rights(address_of(frame), console));
}

// The table at P2M_BASE is data; one bit in the top level says so for all of it.
void restrict_p2m() {
    uint64_t const slot = P2M_BASE >> 39 & 511;
    Pfn const top = frame_at(start.pt_base);
    uint64_t const entry = reinterpret_cast<uint64_t const*>(start.pt_base)[slot];
    mmu_update_t const update{p2m.mfn(top).value << 12 | slot * 8 | MMU_NORMAL_PT_UPDATE,
                              entry | entry_flag::no_execute};
    if (!hypercall::mmu_update(&update, 1).ok())
        panic("start of day: cannot restrict the physical-to-machine table");
}

// Frames that hold the physical-to-machine table and the tables that map it.
Frame_range p2m_frames() {
    return {Pfn{start.first_p2m_pfn}, Pfn{start.first_p2m_pfn + start.nr_p2m_frames}};
}

void add_range(Boot& boot, uint64_t begin, uint64_t end) {
    if (begin < end)
        boot.ranges[boot.range_count++] = {Pfn{begin}, Pfn{end}};
}

// [begin, end) without the frames of the physical-to-machine table.
void add_free(Boot& boot, uint64_t begin, uint64_t end) {
    Frame_range const table = p2m_frames();
    uint64_t const hole_begin = table.begin.value < end ? table.begin.value : end;
    uint64_t const hole_end = table.end.value > begin ? table.end.value : begin;
    if (hole_begin >= hole_end)
        return add_range(boot, begin, end);
    add_range(boot, begin, hole_begin);
    add_range(boot, hole_end, end);
}

void find_boot_image(Boot& boot) {
    boot.boot_image_bytes = start.mod_len;
    boot.boot_image_address = reinterpret_cast<void const*>(start.mod_start);
    if (start.mod_len)
        boot.boot_image = {frame_at(start.mod_start),
                           Pfn{frame_at(start.mod_start).value + kernel::pages(start.mod_len)}};
}

void find_devices(Boot& boot) {
    if (initial_domain()) {
        boot.console.line = bind_console_input();
        return;
    }
    boot.console = {p2m.pfn(Mfn{start.console.domU.mfn}), start.console.domU.evtchn};
    boot.store = {p2m.pfn(Mfn{start.store_mfn}), start.store_evtchn};
}

void find_memory(Boot& boot, Extent const& extent) {
    add_free(boot, extent.used, extent.mapped < start.nr_pages ? extent.mapped : start.nr_pages);
    add_free(boot, extent.mapped, start.nr_pages);
    boot.frames = boot.total_frames = start.nr_pages;
}

void check_features() {
    xen_feature_info_t features{0, 0};
    if (!hypercall::invoke<__HYPERVISOR_xen_version>(XENVER_get_features,
                                                     hypercall::address(&features))
             .ok())
        panic("start of day: Xen does not tell its features");
    if (features.submap & (1U << XENFEAT_auto_translated_physmap))
        panic("start of day: not a paravirtual domain");
}

} // namespace

void map_shared_info() {
    uint64_t const address = reinterpret_cast<uint64_t>(shared_info_page);
    Entry const entry{start.shared_info | entry_flag::kernel_data};
    if (!hypercall::update_va_mapping(address, entry, UVMF_INVLPG | UVMF_LOCAL).ok())
        panic("start of day: cannot map shared_info");
    shared = reinterpret_cast<shared_info*>(shared_info_page);
    for (auto& word : shared->evtchn_mask)
        word = ~uint64_t{0};
}

} // namespace xenpv

extern "C" {
alignas(4096) char boot_stack[BOOT_STACK_BYTES];
}

extern "C" void arch_start(start_info const* given) {
    using namespace xenpv;
    start = *given;
    p2m = P2m{reinterpret_cast<uint64_t const*>(start.mfn_list), start.nr_pages,
              reinterpret_cast<uint64_t const*>(HYPERVISOR_BASE)};
    set_up_processor(0, reinterpret_cast<uint64_t>(boot_stack) + sizeof boot_stack,
                     sizeof boot_stack);
    Pfn const console = initial_domain() ? kernel::no_frame : p2m.pfn(Mfn{start.console.domU.mfn});
    early_console(initial_domain() ? 0 : address_of(console));
    map_shared_info();
    set_up_traps();
    set_up_events();
    kernel::Boot boot{};
    arch::start_clock();
    log("Lavandin on {}, {} MiB, {}", start.magic, start.nr_pages / 256,
        initial_domain() ? "initial domain" : "guest domain");
    check_features();
    Extent const extent = boot_extent();
    restrict_boot_mapping(extent, console);
    restrict_p2m();
    find_memory(boot, extent);
    find_boot_image(boot);
    find_devices(boot);
    set_up_fpu();
    boot.command_line = reinterpret_cast<char const*>(start.cmd_line);
    kernel::start(boot);
}
