// SPDX-License-Identifier: MIT
// Sees every single update of a page table and judges the state it leads to as hardware could walk
// it. What Xen would refuse, and more: each finding is a failure of the running test.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>
#include <xenpv/frame_types.hpp>

namespace fake {

using kernel::Pfn;
using xenpv::Entry;
using xenpv::Mfn;

class Table_judge {
public:
    using Read = std::function<Entry(Pfn table, unsigned index)>;
    using Name = std::function<Pfn(Mfn)>;

    // `read` shows a table's contents, `name` the frame behind a machine frame.
    Table_judge(Read read, Name name) : _read{std::move(read)}, _name{std::move(name)} {}

    // An empty frame becomes a table.
    void add(Pfn table, unsigned level);
    // A table goes back: empty, and nothing points to it.
    void give_back(Pfn table, unsigned level);
    // An empty table that nothing points to becomes an ordinary frame.
    void remove(Pfn table);
    // The entry is about to be written.
    void update(Pfn table, unsigned index, Entry entry);

    bool table(Pfn frame) const { return _tables.contains(frame.value); }
    unsigned level(Pfn table) const { return _tables.at(table.value).level; }
    bool empty(Pfn table) const;
    // Level-1 entries that point to the frame.
    uint64_t uses(Pfn page) const;
    // The top of the tree the table hangs in, as far as it does.
    Pfn root(Pfn table) const;
    uint64_t updates() const { return _updates; }

private:
    static constexpr unsigned entries = 512;

    struct Table {
        unsigned level;
        uint64_t parent{~uint64_t{0}};
    };

    void enter(Pfn table, unsigned level, Entry entry);
    void leave(Pfn table, unsigned level, Entry entry);

    Read _read;
    Name _name;
    std::map<uint64_t, Table> _tables;
    std::map<uint64_t, uint64_t> _uses;
    uint64_t _updates{0};
};

} // namespace fake
