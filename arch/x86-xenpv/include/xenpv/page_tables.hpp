// SPDX-License-Identifier: MIT
// The four levels of tables of one address space, written through a platform that checks, batches
// and counts. Pure logic: host tests give it memory that keeps every step.
//
//   level 4 (top) -> level 3 -> level 2 -> level 1 -> page
//
// Platform:
//   Result<Pfn> take_table(unsigned level)           an empty table of that level
//   void give_table(Pfn table, unsigned level)       back, empty again
//   Entry const* entries(Pfn table)                  shows what was flushed
//   void write(Pfn table, unsigned index, Entry)     queued
//   void flush()                                     carries the queue out, in order
//   Mfn mfn(Pfn); Pfn pfn(Mfn)
//   uint64_t& link(Pfn table)                        of one that was taken, for a list
#pragma once

#include <arch/address_space.hpp>
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
    using Reserve = arch::Table_reserve;

    explicit Page_tables(Platform& platform, Pfn top) : _platform{platform}, _top{top} {}

    // Maps `count` pages from `address` on; page i is entry_at(i). Nothing changes on an error.
    // Errors: already_mapped, and those of take_table.
    template <typename Entry_at>
    Result<void> map(uint64_t address, uint64_t count, Entry_at entry_at) {
        if (look(address, count) == Look::mapped)
            return Error::already_mapped;
        Reserve reserve;
        for (bool more = true; more;) {
            auto const taken = take_missing(address, count, reserve);
            if (!taken.ok()) {
                give_back(reserve);
                return taken.error();
            }
            more = taken.value();
        }
        enter(address, count, reserve, entry_at);
        return {};
    }

    // The same in steps: what follows in this order, each for as many pages as one likes but the
    // second, and with other calls between them.

    // Whether pages can be mapped there.
    using Look = arch::Look;
    Look look(uint64_t address, uint64_t count) {
        Look found = Look::free;
        while (count) {
            unsigned const from = index(address, 1);
            unsigned const part = part_within_table(from, count);
            if (!find(address))
                found = Look::tables_missing;
            else if (first_present(_leaf, from, from + part) < from + part)
                return Look::mapped;
            address += part * kernel::page_size;
            count -= part;
        }
        return found;
    }

    // For each level a table is missing once per span of it, unless that span exists. Takes one of
    // them; false when the reserve has all. Errors: those of take_table.
    Result<bool> take_missing(uint64_t address, uint64_t count, Reserve& reserve) {
        uint64_t const end = address + count * kernel::page_size;
        for (unsigned level = 1; level < top_level; ++level) {
            if (missing(level, address, end) <= held(reserve, level))
                continue;
            Pfn const table = TRY(_platform.take_table(level));
            _platform.link(table) = reserve.first[level].value;
            reserve.first[level] = table;
            return true;
        }
        return false;
    }

    void give_back(Reserve& reserve) {
        for (unsigned level = 1; level < top_level; ++level)
            while (reserve.first[level] != kernel::no_frame)
                _platform.give_table(pop(reserve, level), level);
    }

    template <typename Entry_at>
    void enter(uint64_t address, uint64_t count, Reserve& reserve, Entry_at entry_at) {
        for (uint64_t i = 0; i < count; ++i) {
            uint64_t const page = address + i * kernel::page_size;
            if (i == 0 || index(page, 1) == 0)
                link(page, reserve);
            _platform.write(_leaf, index(page, 1), entry_at(i));
        }
        _platform.flush();
    }

    // True when `visit(entry)` was true for every page and every page is mapped.
    template <typename Visit>
    bool all(uint64_t address, uint64_t count, Visit visit) {
        while (count) {
            unsigned const from = index(address, 1);
            unsigned const part = part_within_table(from, count);
            if (!find(address))
                return false;
            Entry const* const at = _platform.entries(_leaf) + from;
            for (unsigned i = 0; i < part; ++i)
                if (!at[i].present() || !visit(at[i]))
                    return false;
            address += part * kernel::page_size;
            count -= part;
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
            Entry const old = found ? read(_leaf, index(page, 1)) : Entry{0};
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

    // Takes out everything from `at` on to `end`, tables included, except the top; `end` is rounded
    // up to what an entry of the top covers, and nothing is left before `at`, which moves on.
    // Flushing translations is the caller's. One step: a look at one table, at most `most_pages`
    // pages, and the tables that became empty by it. False when it has come to the end.
    bool clear_step(uint64_t& at, uint64_t end, unsigned most_pages) {
        end = (end + top_entry_bytes - 1) / top_entry_bytes * top_entry_bytes;
        Place const place = descend(at);
        if (place.level > 1)
            skip_empty(place, at, end);
        else if (clear_pages(place.table, most_pages))
            at = at / span_of(1) * span_of(1) + span_of(1);
        else
            return true;
        for (unsigned level = place.level; level < top_level && at % span_of(level) == 0; ++level)
            drop_table(at - kernel::page_size, level);
        return at < end;
    }

private:
    static constexpr unsigned index(uint64_t address, unsigned level) {
        return static_cast<unsigned>(address >> (12 + 9 * (level - 1)) & (entries - 1));
    }

    // What a table of a level covers.
    static constexpr uint64_t span_of(unsigned level) {
        return uint64_t{kernel::page_size} << 9 * level;
    }

    static constexpr unsigned part_within_table(unsigned from, uint64_t count) {
        return count < entries - from ? static_cast<unsigned>(count) : entries - from;
    }

    Entry read(Pfn table, unsigned i) const { return _platform.entries(table)[i]; }

    // Of the entries [from, to) the first that is present, or `to`. Most are empty: four at a time.
    unsigned first_present(Pfn table, unsigned from, unsigned to) const {
        Entry const* const at = _platform.entries(table);
        while (from < to && from % 4 && !at[from].present())
            ++from;
        if (from % 4 == 0)
            while (from + 4 <= to && nothing_in_four(at + from))
                from += 4;
        while (from < to && !at[from].present())
            ++from;
        return from;
    }
    static bool nothing_in_four(Entry const* at) {
        return !Entry{at[0].raw | at[1].raw | at[2].raw | at[3].raw}.present();
    }

    // The lowest table that exists for an address, and its level (1 when all exist).
    struct Place {
        Pfn table;
        unsigned level;
    };

    Place descend(uint64_t address) {
        Place place{_top, top_level};
        while (place.level > 1) {
            Entry const entry = read(place.table, index(address, place.level));
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

    unsigned missing(unsigned level, uint64_t address, uint64_t end) {
        uint64_t const span = span_of(level);
        unsigned count = 0;
        for (uint64_t at = address / span * span; at < end; at += span)
            count += descend(at < address ? address : at).level > level;
        return count;
    }

    unsigned held(Reserve const& reserve, unsigned level) {
        unsigned count = 0;
        for (Pfn table = reserve.first[level]; table != kernel::no_frame; ++count)
            table = Pfn{_platform.link(table)};
        return count;
    }

    Pfn pop(Reserve& reserve, unsigned level) {
        Pfn const table = reserve.first[level];
        reserve.first[level] = Pfn{_platform.link(table)};
        return table;
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
            Pfn const table = pop(reserve, below);
            _platform.write(place.table, index(address, place.level),
                            make_entry(_platform.mfn(table), entry_flag::table));
            _platform.flush();
        }
    }

    // True when nothing is left in the table.
    bool clear_pages(Pfn table, unsigned most) {
        unsigned i = first_present(table, 0, entries);
        for (; i < entries && most; --most, i = first_present(table, i + 1, entries))
            _platform.write(table, i, Entry{0});
        _platform.flush();
        return i == entries;
    }

    // `place` has nothing for `at`: on to what it has next, or to its end.
    void skip_empty(Place place, uint64_t& at, uint64_t end) {
        uint64_t const span = span_of(place.level - 1);
        unsigned const from = index(at, place.level);
        uint64_t const empty = first_present(place.table, from, entries) - from;
        uint64_t const next = (at / span + empty) * span;
        at = next < end ? next : end;
    }

    // The table for an address, which is empty.
    void drop_table(uint64_t address, unsigned level) {
        Pfn above = _top;
        for (unsigned at = top_level; at > level + 1; --at)
            above = _platform.pfn(read(above, index(address, at)).mfn());
        unsigned const i = index(address, level + 1);
        Pfn const table = _platform.pfn(read(above, i).mfn());
        _platform.write(above, i, Entry{0});
        _platform.flush();
        _platform.give_table(table, level);
    }

    Platform& _platform;
    Pfn _top;
    Pfn _leaf{};
};

} // namespace xenpv
