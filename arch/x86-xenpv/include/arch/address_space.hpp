// SPDX-License-Identifier: MIT
// User address spaces: one top-level table each, without kernel mappings, and of that what each
// member of a group has.
#pragma once

#include <kernel/lock.hpp>
#include <kernel/quota.hpp>
#include <kernel/result.hpp>
#include <kernel/types.hpp>
#include <lavandin/abi/group.hpp>
#include <lavandin/abi/process.hpp>

namespace arch {

enum class Rights : uint8_t { read = 1, read_write = 3, read_execute = 5 };

// One page of a mapping. One that is shared cannot be written for now, whatever the rights.
struct Page {
    kernel::Pfn frame;
    bool shared;
};

// Where the pages of a mapping come from: page i is `page(of, i)`.
struct Page_source {
    Page (*page)(void const* of, uint64_t index);
    void const* of;
};

// What is where pages are to be mapped.
enum class Look : uint8_t { free, tables_missing, mapped };

// Tables taken for a mapping before anything is changed, by level; linked through the frame pool.
struct Table_reserve {
    kernel::Pfn first[4]{kernel::no_frame, kernel::no_frame, kernel::no_frame, kernel::no_frame};
};

// The top-level table that all members of a group use.
class Top_table {
public:
    // Charged to `quota`, which must outlive it. Errors: quota_exceeded, out_of_memory.
    kernel::Result<void> create(kernel::Quota& quota);
    // No Address_space uses it any more. Idempotent.
    void destroy();
    bool exists() const { return _table != kernel::no_frame; }
    kernel::Pfn table() const { return _table; }

private:
    friend class Address_space;

    kernel::Lock _lock; // guards all tables below, too
    kernel::Quota* _quota{nullptr};
    kernel::Pfn _table{kernel::no_frame};
};

// The stretch of user space that is one process's: all of it, or its region in a group. Tables
// below the top one belong to one stretch only.
class Address_space {
public:
    // [begin, end) is all of user space, or a region: `begin` is a multiple of abi::region_bytes
    // and `end` the next one. Tables are charged to `quota`; it and `top` must outlive this.
    void create(Top_table& top, kernel::Quota& quota, uint64_t begin, uint64_t end);
    // One step of taking out every page. False when nothing is left, also afterwards.
    bool destroy_step();
    bool exists() const { return _top != nullptr; }

    uint64_t begin() const { return _begin; }
    uint64_t end() const { return _end; }
    bool holds(uint64_t address, uint64_t bytes) const {
        return address >= _begin && address < _end && bytes <= _end - address;
    }

    // What follows works on addresses that it holds.

    // What one step of a long operation may take: of pages looked at, and changed.
    static constexpr uint64_t look_step = 512;
    static constexpr uint64_t change_step = 16;

    // Mapping in parts, between which other calls may come, but no other pages: look what is there;
    // take tables that are missing (false when there are all; errors: quota_exceeded,
    // out_of_memory); enter the pages; give back what was not needed.
    Look look(kernel::User_address address, uint64_t count);
    kernel::Result<bool> take_tables(kernel::User_address address, uint64_t count,
                                     Table_reserve& tables);
    void give_back(Table_reserve& tables);
    void enter(kernel::User_address address, Page_source const& pages, uint64_t count,
               Rights rights, Table_reserve& tables);
    // Maps one page that belongs to the kernel: `unmappable` refuses it. Errors: already_mapped,
    // quota_exceeded, out_of_memory.
    kernel::Result<void> map_kernel_page(kernel::User_address address, kernel::Pfn frame);

    // Errors: not_mapped, invalid_argument (a page is the kernel's).
    kernel::Result<void> unmappable(kernel::User_address address, uint64_t count);
    // Takes out pages that are mapped.
    void take_out(kernel::User_address address, uint64_t count);
    // Those of `count` pages that are mapped cannot be written any more.
    void forbid_writes(kernel::User_address address, uint64_t count);
    // A page, if it is mapped, gets this frame and these rights.
    void replace(kernel::User_address address, kernel::Pfn frame, Rights rights);
    // Takes out one page that belongs to the kernel.
    void unmap_kernel_page(kernel::User_address address);

    kernel::Pfn top() const { return _top->table(); }

private:
    bool whole() const {
        return _begin == lavandin::abi::user_begin && _end == lavandin::abi::user_end;
    }

    Top_table* _top{nullptr};
    kernel::Quota* _quota{nullptr};
    uint64_t _begin{0};
    uint64_t _end{0};
    uint64_t _cleared{0}; // on its way out: nothing is left below
};

struct Table_counts {
    uint64_t in_use;
    uint64_t pooled;
};
Table_counts table_counts();

// A set of levels has a bit for each.
inline constexpr unsigned level_bit(unsigned level) { return 1U << level; }
inline constexpr unsigned top_level = 4;

// Whether an empty table of each of these levels waits to be used.
bool supplied(unsigned levels);
// Makes one that is missing. False when none is, or there is no frame for it.
bool supply_table(unsigned levels);

// An empty table that waits to be used becomes an ordinary free frame. False when there is none.
bool free_pooled_table();

} // namespace arch
