// SPDX-License-Identifier: MIT
#include <arch/frames.hpp>
#include <kernel/frame_pool.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>
#include <xenpv/table_pool.hpp>
#include <xenpv/table_users.hpp>
#include <xenpv/window.hpp>

namespace xenpv {

namespace {

kernel::Lock pool_lock; // guards what follows
constexpr unsigned most_levels = 4;
Pfn pooled[most_levels + 1]{
    kernel::no_frame, kernel::no_frame, kernel::no_frame, kernel::no_frame,
    kernel::no_frame}; // by level; linked through the frame pool's link words
arch::Table_counts counts;

kernel::Result<void> pin(Pfn table, unsigned level) {
    mmuext_op_t operation{};
    operation.cmd = MMUEXT_PIN_L1_TABLE + level - 1;
    operation.arg1.mfn = p2m.mfn(table).value;
    if (!hypercall::mmuext_op(&operation, 1).ok())
        kernel::panic("table pool: Xen refuses frame {x} as table of level {}", table.value, level);
    return {};
}

void unpin(Pfn table) {
    mmuext_op_t operation{};
    operation.cmd = MMUEXT_UNPIN_TABLE;
    operation.arg1.mfn = p2m.mfn(table).value;
    if (!hypercall::mmuext_op(&operation, 1).ok())
        kernel::panic("table pool: Xen keeps frame {x} as a table", table.value);
}

kernel::Result<Pfn> make_table(Pfn frame, unsigned level) {
    arch::clear_frame(frame);
    if (auto mapped = map_in_window(frame, entry_flag::kernel_constant); !mapped.ok()) {
        kernel::frame_pool().give(frame);
        return mapped.error();
    }
    TRY_VOID(pin(frame, level));
    return frame;
}

// The first of a level that is no VCPU's, or no_frame. Not more are passed over than there are
// VCPUs.
Pfn take_unheld(unsigned level) {
    Pfn before = kernel::no_frame;
    Pfn table = pooled[level];
    while (table != kernel::no_frame && held_by_xen(p2m.mfn(table))) {
        before = table;
        table = Pfn{kernel::frame_pool().link(table)};
    }
    if (table == kernel::no_frame)
        return table;
    uint64_t const behind = kernel::frame_pool().link(table);
    if (before == kernel::no_frame)
        pooled[level] = Pfn{behind};
    else
        kernel::frame_pool().link(before) = behind;
    return table;
}

void put(Pfn table, unsigned level) {
    kernel::frame_pool().link(table) = pooled[level].value;
    pooled[level] = table;
    ++counts.pooled;
}

} // namespace

kernel::Result<Pfn> take_pooled_table(unsigned level) {
    {
        kernel::Lock_guard const guard{pool_lock};
        if (Pfn const table = pooled[level]; table != kernel::no_frame) {
            pooled[level] = Pfn{kernel::frame_pool().link(table)};
            --counts.pooled;
            ++counts.in_use;
            return table;
        }
    }
    Pfn const frame = TRY(kernel::frame_pool().take_for_kernel());
    Pfn const table = TRY(make_table(frame, level));
    kernel::Lock_guard const guard{pool_lock};
    ++counts.in_use;
    return table;
}

void give_pooled_table(Pfn table, unsigned level) {
    kernel::Lock_guard const guard{pool_lock};
    put(table, level);
    --counts.in_use;
}

} // namespace xenpv

arch::Table_counts arch::table_counts() { return xenpv::counts; }

bool arch::supplied(unsigned levels) {
    kernel::Lock_guard const guard{xenpv::pool_lock};
    for (unsigned level = 1; level <= top_level; ++level)
        if (levels & level_bit(level) && xenpv::pooled[level] == kernel::no_frame)
            return false;
    return true;
}

// No other table is given up for it: it may be one that was made just before.
bool arch::supply_table(unsigned levels) {
    for (unsigned level = 1; level <= top_level; ++level) {
        if (supplied(levels & level_bit(level)))
            continue;
        auto const frame = kernel::frame_pool().take_free();
        if (!frame.ok())
            return false;
        auto const table = xenpv::make_table(frame.value(), level);
        if (!table.ok())
            return false;
        kernel::Lock_guard const guard{xenpv::pool_lock};
        xenpv::put(table.value(), level);
        return true;
    }
    return false;
}

bool arch::free_pooled_table() {
    using namespace xenpv;
    Pfn table = kernel::no_frame;
    {
        kernel::Lock_guard const guard{pool_lock};
        for (unsigned level = 1; level <= most_levels && table == kernel::no_frame; ++level)
            table = take_unheld(level);
        if (table != kernel::no_frame)
            --counts.pooled;
    }
    if (table == kernel::no_frame)
        return false;
    unpin(table);
    unmap_everywhere(table);
    kernel::frame_pool().give(table);
    return true;
}
