// SPDX-License-Identifier: MIT
#include <arch/address_space.hpp>
#include <arch/frames.hpp>
#include <arch/processor.hpp>
#include <kernel/frame_pool.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>
#include <xenpv/page_tables.hpp>
#include <xenpv/table_pool.hpp>
#include <xenpv/table_users.hpp>

namespace arch {

using namespace xenpv;
using kernel::Lock_guard;
using kernel::User_address;

namespace {

// Software bit of a page that belongs to the kernel (a message buffer).
constexpr uint64_t kernel_owned = 1 << 9;
constexpr uint64_t pages_per_table = 512;
constexpr unsigned few_tables = 4; // from the pool, in one step
constexpr uint64_t few_pages = 8;  // up to here single translations are dropped, beyond all

// Page-table updates through Xen, which checks each of them.
class Xen_tables {
public:
    explicit Xen_tables(kernel::Quota& quota) : _quota{quota} {}

    Result<Pfn> take_table(unsigned level) {
        TRY_VOID(_quota.charge(kernel::page_size));
        auto const table = take_pooled_table(level);
        if (!table.ok())
            _quota.refund(kernel::page_size);
        return table;
    }

    void give_table(Pfn table, unsigned level) {
        give_pooled_table(table, level);
        _quota.refund(kernel::page_size);
    }

    static Entry const* entries(Pfn table) {
        return static_cast<Entry const*>(frame_address(table));
    }

    void write(Pfn table, unsigned index, Entry entry) {
        if (_count == batch)
            flush();
        _updates[_count++] = {mfn(table).value << 12 | index * 8 | MMU_NORMAL_PT_UPDATE, entry.raw};
    }

    void flush() {
        if (_count && !hypercall::mmu_update(_updates, _count).ok())
            kernel::panic("address space: Xen refuses a page-table update");
        _count = 0;
    }

    static uint64_t& link(Pfn table) { return kernel::frame_pool().link(table); }
    Mfn mfn(Pfn frame) const { return p2m.mfn(frame); }
    Pfn pfn(Mfn frame) const { return p2m.pfn(frame); }

private:
    static constexpr uint64_t batch = 32;
    kernel::Quota& _quota;
    uint64_t _count{0};
    mmu_update_t _updates[batch];
};

using Tables = Page_tables<Xen_tables>;
static_assert(Tables::top_entry_bytes == lavandin::abi::region_bytes, "no table of two members");

uint64_t entry_flags(Rights rights) {
    namespace flag = entry_flag;
    uint64_t const common = flag::present | flag::user | flag::accessed;
    switch (rights) {
    case Rights::read_write:
        return common | flag::writable | flag::dirty | flag::no_execute;
    case Rights::read_execute:
        return common;
    case Rights::read:
        break;
    }
    return common | flag::no_execute;
}

bool loaded(Pfn top) { return local().loaded_table == p2m.mfn(top).value; }

// On all processors that may have them, and on no others.
void drop_translations(Pfn top, uint64_t address, uint64_t count) {
    uint64_t const users = users_of(p2m.mfn(top));
    if (!users)
        return;
    bool const alone = users == uint64_t{1} << processor_number();
    bool const few = count <= few_pages;
    mmuext_op_t operations[few_pages]{};
    uint64_t const used = few ? count : 1;
    for (uint64_t i = 0; i < used; ++i) {
        operations[i].cmd = few ? (alone ? MMUEXT_INVLPG_LOCAL : MMUEXT_INVLPG_MULTI)
                                : (alone ? MMUEXT_TLB_FLUSH_LOCAL : MMUEXT_TLB_FLUSH_MULTI);
        if (few)
            operations[i].arg1.linear_addr = address + i * kernel::page_size;
        if (!alone)
            set_xen_guest_handle(operations[i].arg2.vcpumask, &users);
    }
    if (!hypercall::mmuext_op(operations, used).ok())
        kernel::panic("address space: cannot flush translations");
}

// No user table: for the moment in which the loaded one is taken apart.
void unload() {
    mmuext_op_t operations[2]{};
    operations[0].cmd = MMUEXT_NEW_USER_BASEPTR;
    operations[1].cmd = MMUEXT_TLB_FLUSH_LOCAL;
    if (!hypercall::mmuext_op(operations, 2).ok())
        kernel::panic("address space: cannot unload");
    local().loaded_table = local().base_table = 0;
}

} // namespace

Result<void> Top_table::create(kernel::Quota& quota) {
    _quota = &quota;
    _table = TRY(Xen_tables{quota}.take_table(Tables::top_level));
    return {};
}

void Top_table::destroy() {
    if (!exists())
        return;
    if (loaded(_table))
        unload();
    unload_from_others(p2m.mfn(_table));
    Xen_tables{*_quota}.give_table(_table, Tables::top_level);
    _table = kernel::no_frame;
}

void Address_space::create(Top_table& top, kernel::Quota& quota, uint64_t begin, uint64_t end) {
    _top = &top;
    _quota = &quota;
    _begin = begin;
    _end = end;
    _cleared = begin;
}

// Others may go on using the table, so that it is not unloaded but for who has all of it. No user
// code runs on this processor before the translations are flushed.
bool Address_space::destroy_step() {
    if (!exists())
        return false;
    Lock_guard const guard{_top->_lock};
    if (whole()) {
        if (loaded(top()))
            unload();
        unload_from_others(p2m.mfn(top()));
    }
    Xen_tables platform{*_quota};
    bool const more = Tables{platform, top()}.clear_step(_cleared, _end, change_step);
    if (!whole())
        drop_translations(top(), _begin, few_pages + 1);
    if (!more)
        _top = nullptr;
    return more;
}

Look Address_space::look(User_address address, uint64_t count) {
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    return Tables{platform, top()}.look(address.value, count);
}

Result<bool> Address_space::take_tables(User_address address, uint64_t count,
                                        Table_reserve& tables) {
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    Tables own{platform, top()};
    for (unsigned taken = 0; taken < few_tables; ++taken) {
        uint64_t const pooled = table_counts().pooled;
        if (!TRY(own.take_missing(address.value, count, tables)))
            return false;
        if (table_counts().pooled == pooled)
            break; // it was none of those
    }
    return true;
}

void Address_space::give_back(Table_reserve& tables) {
    Xen_tables platform{*_quota};
    Tables{platform, kernel::no_frame}.give_back(tables);
}

void Address_space::enter(User_address address, Page_source const& pages, uint64_t count,
                          Rights rights, Table_reserve& tables) {
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    uint64_t const flags = entry_flags(rights);
    Tables{platform, top()}.enter(address.value, count, tables, [&](uint64_t i) {
        Page const page = pages.page(pages.of, i);
        return make_entry(platform.mfn(page.frame),
                          page.shared ? flags & ~entry_flag::writable : flags);
    });
}

Result<void> Address_space::map_kernel_page(User_address address, Pfn frame) {
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    Tables tables{platform, top()};
    Entry const entry =
        make_entry(platform.mfn(frame), entry_flags(Rights::read_write) | kernel_owned);
    return tables.map(address.value, 1, [entry](uint64_t) { return entry; });
}

Result<void> Address_space::unmappable(User_address address, uint64_t count) {
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    bool of_kernel = false;
    if (!Tables{platform, top()}.all(address.value, count, [&of_kernel](Entry entry) {
            of_kernel |= (entry.raw & kernel_owned) != 0;
            return true;
        }))
        return Error::not_mapped;
    if (of_kernel)
        return Error::invalid_argument;
    return {};
}

void Address_space::take_out(User_address address, uint64_t count) {
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    Tables tables{platform, top()};
    auto const changed = [this](uint64_t begin, uint64_t pages) {
        drop_translations(top(), begin, pages);
    };
    for (uint64_t at = address.value, left = count; left;) {
        uint64_t const to_end = pages_per_table - (at >> kernel::page_shift) % pages_per_table;
        uint64_t const step = left < to_end ? left : to_end;
        tables.unmap_within_table(at, step, changed);
        at += step * kernel::page_size;
        left -= step;
    }
}

void Address_space::unmap_kernel_page(User_address address) {
    if (!exists())
        return;
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    Tables tables{platform, top()};
    tables.unmap_within_table(address.value, 1, [this](uint64_t begin, uint64_t pages) {
        drop_translations(top(), begin, pages);
    });
}

void Address_space::forbid_writes(User_address address, uint64_t count) {
    if (!exists())
        return;
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    Tables{platform, top()}.rewrite(
        address.value, count, [](Entry entry) { return Entry{entry.raw & ~entry_flag::writable}; });
    drop_translations(top(), address.value, count);
}

void Address_space::replace(User_address address, Pfn frame, Rights rights) {
    if (!exists())
        return;
    Lock_guard const guard{_top->_lock};
    Xen_tables platform{*_quota};
    Entry const entry = make_entry(platform.mfn(frame), entry_flags(rights));
    Tables{platform, top()}.rewrite(address.value, 1, [entry](Entry) { return entry; });
    drop_translations(top(), address.value, 1);
}

} // namespace arch
