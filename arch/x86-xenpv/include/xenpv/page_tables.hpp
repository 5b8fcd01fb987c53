// SPDX-License-Identifier: MIT
// The four levels of tables of one address space, written through a platform that checks, batches
// and counts. Pure logic: host tests give it memory that keeps every step.
//
//   level 4 (top) -> level 3 -> level 2 -> level 1 -> page
//
// Platform:
//   Result<Pfn> take_table(unsigned level)           an empty table of that level
//   void give_table(Pfn table, unsigned level)       back, empty again
//   Entry read(Pfn table, unsigned index)            sees what was flushed
//   void write(Pfn table, unsigned index, Entry)     queued
//   void flush()                                     carries the queue out, in order
//   Mfn mfn(Pfn); Pfn pfn(Mfn)
#pragma once

#include <kernel/result.hpp>
#include <xenpv/frame_types.hpp>

namespace xenpv {

using kernel::Error;
using kernel::Result;

template <typename Platform>
class Page_tables {
public:
    static constexpr unsigned top_level = 4;
    static constexpr unsigned entries = 512;
    static constexpr uint64_t top_entry_bytes = uint64_t{kernel::page_size} << 9 * (top_level - 1);
    static constexpr unsigned largest_reserve = 16; // tables that one call may need: 16 MiB

    explicit Page_tables(Platform& platform, Pfn top) : _platform{platform}, _top{top} {}

    // Maps `count` pages from `address` on; page i is entry_at(i). Nothing changes on an error.
    // Errors: already_mapped, and those of take_table.
    template <typename Entry_at>
    Result<void> map(uint64_t address, uint64_t count, Entry_at entry_at) {
        Reserve reserve;
        TRY_VOID(prepare(address, count, reserve));
        for (uint64_t i = 0; i < count; ++i) {
            uint64_t const page = address + i * kernel::page_size;
            if (i == 0 || index(page, 1) == 0)
                link(page, reserve);
            _platform.write(_leaf, index(page, 1), entry_at(i));
        }
        _platform.flush();
        return {};
    }

    // True when `visit(entry)` was true for every page and every page is mapped.
    template <typename Visit>
    bool all(uint64_t address, uint64_t count, Visit visit) {
        for (uint64_t i = 0; i < count; ++i) {
            uint64_t const page = address + i * kernel::page_size;
            if ((i == 0 || index(page, 1) == 0) && !find(page))
                return false;
            Entry const entry = _platform.read(_leaf, index(page, 1));
            if (!entry.present() || !visit(entry))
                return false;
        }
        return true;
    }

    // Each page of `count` that is mapped becomes changed(entry). Flushing translations is the
    // caller's.
    template <typename Changed>
    void rewrite(uint64_t address, uint64_t count, Changed changed) {
        bool found = false;
        for (uint64_t i = 0; i < count; ++i) {
            uint64_t const page = address + i * kernel::page_size;
            if (i == 0 || index(page, 1) == 0)
                found = find(page);
            Entry const old = found ? _platform.read(_leaf, index(page, 1)) : Entry{0};
            Entry const entry = old.present() ? changed(old) : old;
            if (entry.raw != old.raw)
                _platform.write(_leaf, index(page, 1), entry);
        }
        _platform.flush();
    }

    // Takes out `count` mapped pages within one level-1 table; the caller flushes translations in
    // `changed(address, count)`.
    template <typename Changed>
    void unmap_within_table(uint64_t address, uint64_t count, Changed changed) {
        find(address);
        for (uint64_t i = 0; i < count; ++i)
            _platform.write(_leaf, index(address, 1) + static_cast<unsigned>(i), Entry{0});
        _platform.flush();
        changed(address, count);
    }

    // Takes out everything between `begin` and `end`, tables included, except the top; both are
    // rounded to what an entry of the top covers. Flushing translations is the caller's.
    void clear(uint64_t begin, uint64_t end) {
        unsigned const last = index(end - 1, top_level);
        for (unsigned i = index(begin, top_level); i <= last; ++i)
            if (_platform.read(_top, i).present())
                clear_entry(_top, top_level, i);
    }

private:
    // Tables taken before anything is changed, so that a shortage changes nothing.
    struct Reserve {
        Pfn tables[top_level][largest_reserve];
        unsigned count[top_level]{};
    };

    static constexpr unsigned index(uint64_t address, unsigned level) {
        return static_cast<unsigned>(address >> (12 + 9 * (level - 1)) & (entries - 1));
    }

    // The lowest table that exists for an address, and its level (1 when all exist).
    struct Place {
        Pfn table;
        unsigned level;
    };

    Place descend(uint64_t address) {
        Place place{_top, top_level};
        while (place.level > 1) {
            Entry const entry = _platform.read(place.table, index(address, place.level));
            if (!entry.present())
                break;
            place = {_platform.pfn(entry.mfn()), place.level - 1};
        }
        return place;
    }

    bool find(uint64_t address) {
        Place const place = descend(address);
        _leaf = place.table;
        return place.level == 1;
    }

    // Checks that nothing is mapped and takes the tables that are missing.
    Result<void> prepare(uint64_t address, uint64_t count, Reserve& reserve) {
        uint64_t const end = address + count * kernel::page_size;
        for (uint64_t page = address; page < end; page += kernel::page_size)
            if (page == address || index(page, 1) == 0) {
                bool const free_to_end = !find(page);
                if (free_to_end)
                    page |= (entries - 1) * kernel::page_size; // nothing in this table's span
                else if (_platform.read(_leaf, index(page, 1)).present())
                    return Error::already_mapped;
            } else if (_platform.read(_leaf, index(page, 1)).present()) {
                return Error::already_mapped;
            }
        Result<void> const taken = take_missing(address, end, reserve);
        if (!taken.ok())
            give_back(reserve);
        return taken;
    }

    // For each level a table is missing once per span of it, unless that span exists.
    Result<void> take_missing(uint64_t address, uint64_t end, Reserve& reserve) {
        for (unsigned level = 1; level < top_level; ++level) {
            uint64_t const span = uint64_t{kernel::page_size} << 9 * level;
            for (uint64_t at = address / span * span; at < end; at += span) {
                if (descend(at < address ? address : at).level <= level)
                    continue;
                if (reserve.count[level] == largest_reserve)
                    return Error::invalid_argument;
                reserve.tables[level][reserve.count[level]] = TRY(_platform.take_table(level));
                ++reserve.count[level];
            }
        }
        return {};
    }

    void give_back(Reserve& reserve) {
        for (unsigned level = 1; level < top_level; ++level)
            while (reserve.count[level])
                _platform.give_table(reserve.tables[level][--reserve.count[level]], level);
    }

    // Makes _leaf the level-1 table for an address, entering reserved tables where one is missing.
    void link(uint64_t address, Reserve& reserve) {
        _platform.flush();
        for (;;) {
            Place const place = descend(address);
            _leaf = place.table;
            if (place.level == 1)
                return;
            unsigned const below = place.level - 1;
            Pfn const table = reserve.tables[below][--reserve.count[below]];
            _platform.write(place.table, index(address, place.level),
                            make_entry(_platform.mfn(table), entry_flag::table));
            _platform.flush();
        }
    }

    // NOLINTBEGIN(misc-no-recursion): never deeper than there are levels
    void clear_table(Pfn table, unsigned level) {
        if (level == 1)
            return clear_pages(table);
        for (unsigned i = 0; i < entries; ++i) // most are empty: looked at here, without a call
            if (_platform.read(table, i).present())
                clear_entry(table, level, i);
    }

    void clear_entry(Pfn table, unsigned level, unsigned i) {
        Pfn const below = _platform.pfn(_platform.read(table, i).mfn());
        clear_table(below, level - 1);
        _platform.write(table, i, Entry{0});
        _platform.flush();
        _platform.give_table(below, level - 1);
    }
    // NOLINTEND(misc-no-recursion)

    void clear_pages(Pfn table) {
        for (unsigned i = 0; i < entries; ++i)
            if (_platform.read(table, i).present())
                _platform.write(table, i, Entry{0});
    }

    Platform& _platform;
    Pfn _top;
    Pfn _leaf{};
};

} // namespace xenpv
