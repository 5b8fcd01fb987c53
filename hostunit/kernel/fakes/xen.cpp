// SPDX-License-Identifier: MIT
#include "xen.hpp"
#include "machine.hpp"
#include <arch/frames.hpp>
#include <gtest/gtest.h>
#include <kernel/scheduler.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>
#include <xenpv/table_users.hpp>
#include <xenpv/window.hpp>

namespace fake {

using xenpv::local;
using xenpv::p2m;

namespace {

Entry read(Pfn table, unsigned index) {
    return reinterpret_cast<Entry const*>(machine().contents(table))[index];
}

} // namespace

Xen::Xen() : _judge{read, [](Mfn frame) { return p2m.pfn(frame); }} {}

void Xen::update(Mfn table, unsigned index, Entry entry) {
    Pfn const frame = p2m.pfn(table);
    Entry const old = read(frame, index);
    Mfn const root = p2m.mfn(_judge.root(frame));
    if (old.present() && _judge.level(frame) == 1)
        for (uint32_t number = 0; number < machine_processors; ++number)
            if (xenpv::local_of(number).base_table == root.value)
                _of[number].stale.insert(p2m.pfn(old.mfn()).value);
    _judge.update(frame, index, entry);
    reinterpret_cast<Entry*>(machine().contents(frame))[index] = entry;
}

void Xen::pin(Mfn table, unsigned level) {
    Pfn const frame = p2m.pfn(table);
    EXPECT_NE(machine().opened(frame), Machine::Window::write) << "a page table can be written";
    reused(frame);
    _judge.add(frame, level);
}

void Xen::unpin(Mfn table) {
    for (uint32_t number = 0; number < machine_processors; ++number)
        EXPECT_NE(xenpv::local_of(number).base_table, table.value)
            << "processor " << number << " has the table";
    _judge.remove(p2m.pfn(table));
}

void Xen::load(Mfn top) {
    if (top.value) {
        EXPECT_EQ(_judge.level(p2m.pfn(top)), 4u);
    }
    local().base_table = top.value;
}

void Xen::switch_table(Mfn top) {
    if (local().loaded_table == top.value)
        return;
    local().loaded_table = top.value;
    load(top);
    drop_translations();
}

void Xen::drop_translations(uint64_t set) {
    uint64_t const dropping = set ? set : uint64_t{1} << strands().executing();
    for (uint32_t number = 0; number < machine_processors; ++number)
        if (dropping >> number & 1)
            _of[number] = {};
}

void Xen::reused(Pfn frame) {
    for (uint32_t number = 0; number < machine_processors; ++number) {
        if (!_of[number].stale.contains(frame.value))
            continue;
        auto const* const processor = kernel::processors().at(number);
        EXPECT_FALSE(processor && processor->gate.in_user_mode())
            << "a frame is used again while processor " << number << " can reach it";
        _of[number].reused.insert(frame.value);
    }
    EXPECT_EQ(_judge.uses(frame), 0u) << "a frame is used again while it is mapped";
}

void Xen::enters_user_mode(uint32_t processor) const {
    EXPECT_TRUE(_of[processor].reused.empty())
        << "processor " << processor << " can reach a frame that others have";
}

void Xen::forget() {
    _of = {};
    for (uint32_t number = 0; number < machine_processors; ++number)
        xenpv::local_of(number) = {};
}

Xen& xen() {
    static Xen instance;
    return instance;
}

} // namespace fake

namespace xenpv {

Local& local_of(unsigned number) {
    static Local locals[fake::machine_processors];
    locals[number].number = number;
    return locals[number];
}

Local& local() { return local_of(fake::strands().executing()); }
unsigned started_processors() { return fake::machine_processors; }

void unmap_everywhere(Pfn frame) { arch::unmap_frame(frame); }

Status hypercall::mmu_update(mmu_update_t const* updates, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
        EXPECT_EQ(updates[i].ptr & 7, uint64_t{MMU_NORMAL_PT_UPDATE});
        fake::xen().update(Mfn{updates[i].ptr >> 12},
                           static_cast<unsigned>(updates[i].ptr & 0xfff) / 8,
                           Entry{updates[i].val});
    }
    return {0};
}

Status hypercall::mmuext_op(mmuext_op_t const* operations, uint64_t count) {
    for (uint64_t i = 0; i < count; ++i)
        switch (mmuext_op_t const& operation = operations[i]; operation.cmd) {
        case MMUEXT_PIN_L1_TABLE:
        case MMUEXT_PIN_L2_TABLE:
        case MMUEXT_PIN_L3_TABLE:
        case MMUEXT_PIN_L4_TABLE:
            fake::xen().pin(Mfn{operation.arg1.mfn}, operation.cmd - MMUEXT_PIN_L1_TABLE + 1);
            break;
        case MMUEXT_UNPIN_TABLE:
            fake::xen().unpin(Mfn{operation.arg1.mfn});
            break;
        case MMUEXT_NEW_USER_BASEPTR:
            fake::xen().load(Mfn{operation.arg1.mfn});
            break;
        case MMUEXT_TLB_FLUSH_LOCAL:
        case MMUEXT_INVLPG_LOCAL:
            fake::xen().drop_translations();
            break;
        case MMUEXT_TLB_FLUSH_MULTI:
        case MMUEXT_INVLPG_MULTI:
            fake::xen().drop_translations(*static_cast<uint64_t const*>(operation.arg2.vcpumask.p));
            break;
        default:
            ADD_FAILURE() << "unknown operation " << operation.cmd;
        }
    return {0};
}

} // namespace xenpv
