// SPDX-License-Identifier: MIT
// The kernel's window on frames: frame n appears at WINDOW_BASE + n * 4096 while it is mapped.
// Nothing is mapped ahead of use: Xen checks every entry (381 instructions each).
//
// The tables below the window's slot of the kernel's top-level table are made on demand and stay.
// Only their machine frames are remembered; entries are written, never read.
//
// The window's last GiB, where no frame of ours has its place, begins with the addresses of what is
// loaded later (arch/module_area.hpp).
#include "layout.h"
#include <arch/frames.hpp>
#include <arch/module_area.hpp>
#include <kernel/frame_pool.hpp>
#include <kernel/lock.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>
#include <xenpv/start_info.hpp>
#include <xenpv/window.hpp>

namespace xenpv {

namespace {

using kernel::Error;
using kernel::Result;

constexpr uint64_t entries = 512;
constexpr uint64_t page_tables_per_gib = 512;
constexpr uint64_t module_gib = entries - 1;
constexpr Pfn first_module_place{module_gib << 18};

kernel::Lock window_lock;                                 // guards the tables below
Mfn directory_pointers{0};                                // level 3, one: 512 GiB
Mfn directories[entries];                                 // level 2, one per GiB
uint64_t page_tables[entries * page_tables_per_gib / 64]; // level 1: one bit per 2 MiB
Pfn next_early_frame{0};                                  // until the frame pool is there

Result<Pfn> take_frame() {
    if (kernel::frame_pool().ready())
        return kernel::frame_pool().take_free(); // giving up a table would need the window
    return Pfn{next_early_frame.value++};
}

Result<void> set_entry(Mfn table, uint64_t index, Entry entry) {
    mmu_update_t const update{table.value << 12 | index * 8 | MMU_NORMAL_PT_UPDATE, entry.raw};
    if (!hypercall::mmu_update(&update, 1).ok())
        kernel::panic("window: Xen refuses entry {x} of table {x}", entry.raw, table.value);
    return {};
}

// An empty table, entered into `parent`.
Result<Mfn> add_table(Mfn parent, uint64_t index) {
    Pfn const frame = TRY(take_frame());
    arch::clear_frame(frame);
    Mfn const table = p2m.mfn(frame);
    TRY_VOID(set_entry(parent, index, make_entry(table, entry_flag::table)));
    return table;
}

Result<void> ensure_tables(Pfn frame) {
    uint64_t const gib = frame.value >> 18;
    uint64_t const part = frame.value >> 9;
    if (gib > module_gib || (gib == module_gib && part % page_tables_per_gib != 0))
        return Error::out_of_memory;
    if (directory_pointers == Mfn{0})
        directory_pointers =
            TRY(add_table(p2m.mfn(arch::frame_of(reinterpret_cast<void*>(start.pt_base))),
                          WINDOW_BASE >> 39 & (entries - 1)));
    if (directories[gib] == Mfn{0})
        directories[gib] = TRY(add_table(directory_pointers, gib));
    uint64_t const bit = uint64_t{1} << part % 64;
    if (page_tables[part / 64] & bit)
        return {};
    (void)TRY(add_table(directories[gib], part % page_tables_per_gib));
    page_tables[part / 64] |= bit;
    return {};
}

} // namespace

Result<void> map_in_window(Pfn frame, uint64_t flags) {
    kernel::Lock_guard const guard{window_lock};
    if (!(frame < first_module_place))
        return Error::out_of_memory;
    TRY_VOID(ensure_tables(frame));
    uint64_t const address = reinterpret_cast<uint64_t>(arch::frame_address(frame));
    if (!hypercall::update_va_mapping(address, make_entry(p2m.mfn(frame), flags),
                                      UVMF_INVLPG | UVMF_LOCAL)
             .ok())
        kernel::panic("window: Xen refuses frame {x}", frame.value);
    return {};
}

namespace {

void unmap(Pfn frame, uint64_t flush) {
    kernel::Lock_guard const guard{window_lock};
    uint64_t const address = reinterpret_cast<uint64_t>(arch::frame_address(frame));
    if (!hypercall::update_va_mapping(address, Entry{0}, flush).ok())
        kernel::panic("window: cannot unmap frame {x}", frame.value);
}

} // namespace

void unmap_everywhere(Pfn frame) { unmap(frame, UVMF_INVLPG | UVMF_ALL); }

} // namespace xenpv

namespace arch {

using namespace xenpv;

void take_spare_frames_from(Pfn first) { next_early_frame = first; }
Pfn first_untaken_spare_frame() { return next_early_frame; }

void* frame_address(Pfn frame) {
    return reinterpret_cast<void*>(WINDOW_BASE + frame.value * kernel::page_size);
}

Pfn frame_of(void const* address) {
    uint64_t const value = reinterpret_cast<uint64_t>(address);
    uint64_t const base = value >= KERNEL_BASE ? KERNEL_BASE : WINDOW_BASE;
    return Pfn{(value - base) >> kernel::page_shift};
}

Result<void*> map_frame(Pfn frame) {
    TRY_VOID(map_in_window(frame, entry_flag::kernel_data));
    return frame_address(frame);
}

void unmap_frame(Pfn frame) { unmap(frame, UVMF_INVLPG | UVMF_LOCAL); }

Result<void> prepare_module_area() {
    static_assert(module_area_pages <= entries, "one page table");
    kernel::Lock_guard const guard{window_lock};
    return ensure_tables(first_module_place);
}

void* module_page(uint64_t page) { return frame_address(Pfn{first_module_place.value + page}); }

void map_module_page(uint64_t page, Pfn frame, Rights rights) {
    uint64_t const flags = rights == Rights::read_write     ? entry_flag::kernel_data
                           : rights == Rights::read_execute ? entry_flag::kernel_code
                                                            : entry_flag::kernel_constant;
    uint64_t const address = reinterpret_cast<uint64_t>(module_page(page));
    if (!hypercall::update_va_mapping(address, make_entry(p2m.mfn(frame), flags),
                                      UVMF_INVLPG | UVMF_ALL)
             .ok())
        kernel::panic("window: Xen refuses frame {x} as code", frame.value);
}

void unmap_module_page(uint64_t page) {
    uint64_t const address = reinterpret_cast<uint64_t>(module_page(page));
    if (!hypercall::update_va_mapping(address, Entry{0}, UVMF_INVLPG | UVMF_ALL).ok())
        kernel::panic("window: cannot unmap page {} of modules", page);
}

void clear_frame(Pfn frame) {
    mmuext_op_t operation{};
    operation.cmd = MMUEXT_CLEAR_PAGE;
    operation.arg1.mfn = p2m.mfn(frame).value;
    if (!hypercall::mmuext_op(&operation, 1).ok())
        kernel::panic("cannot clear frame {x}", frame.value);
}

void copy_frame(Pfn to, Pfn from) {
    mmuext_op_t operation{};
    operation.cmd = MMUEXT_COPY_PAGE;
    operation.arg1.mfn = p2m.mfn(to).value;
    operation.arg2.src_mfn = p2m.mfn(from).value;
    if (!hypercall::mmuext_op(&operation, 1).ok())
        kernel::panic("cannot copy frame {x} to {x}", from.value, to.value);
}

} // namespace arch
