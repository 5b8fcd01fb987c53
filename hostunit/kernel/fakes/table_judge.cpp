// SPDX-License-Identifier: MIT
#include "table_judge.hpp"
#include <gtest/gtest.h>

namespace fake {

namespace flag = xenpv::entry_flag;

bool Table_judge::empty(Pfn table) const {
    for (unsigned i = 0; i < entries; ++i)
        if (_read(table, i).raw != 0)
            return false;
    return true;
}

uint64_t Table_judge::uses(Pfn page) const {
    auto const found = _uses.find(page.value);
    return found == _uses.end() ? 0 : found->second;
}

Pfn Table_judge::root(Pfn table) const {
    for (auto at = _tables.find(table.value); at != _tables.end();
         at = _tables.find(at->second.parent))
        table = Pfn{at->first};
    return table;
}

void Table_judge::add(Pfn table, unsigned level) {
    EXPECT_FALSE(this->table(table)) << "frame " << table.value << " is a table already";
    EXPECT_EQ(uses(table), 0u) << "frame " << table.value << " is mapped as a page";
    EXPECT_TRUE(empty(table)) << "a new table is not empty";
    _tables[table.value] = {level};
}

void Table_judge::remove(Pfn table) {
    give_back(table, level(table));
    _tables.erase(table.value);
}

void Table_judge::give_back(Pfn table, unsigned level) {
    ASSERT_TRUE(this->table(table)) << "frame " << table.value << " is no table";
    EXPECT_EQ(this->level(table), level);
    EXPECT_TRUE(empty(table)) << "a table is given back with entries";
    EXPECT_EQ(_tables[table.value].parent, ~uint64_t{0}) << "a table in use is given back";
}

void Table_judge::enter(Pfn table, unsigned level, Entry entry) {
    Pfn const below = _name(entry.mfn());
    if (level == 1) {
        EXPECT_FALSE(this->table(below)) << "a page table is mapped as a page";
        EXPECT_FALSE((entry.raw & flag::writable) && !(entry.raw & flag::no_execute))
            << "a page is writable and executable";
        ++_uses[below.value];
        return;
    }
    ASSERT_TRUE(this->table(below)) << "entry of level " << level << " points to no table";
    EXPECT_EQ(this->level(below), level - 1);
    EXPECT_TRUE(empty(below)) << "a table with entries is entered";
    EXPECT_EQ(entry.raw & 0xfff, flag::table);
    EXPECT_EQ(_tables[below.value].parent, ~uint64_t{0}) << "a table is entered twice";
    _tables[below.value].parent = table.value;
}

void Table_judge::leave(Pfn table, unsigned level, Entry entry) {
    Pfn const below = _name(entry.mfn());
    if (level == 1) {
        EXPECT_NE(_uses[below.value]--, 0u);
        return;
    }
    EXPECT_TRUE(empty(below)) << "a table with entries is taken out";
    EXPECT_EQ(_tables[below.value].parent, table.value);
    _tables[below.value].parent = ~uint64_t{0};
}

void Table_judge::update(Pfn table, unsigned index, Entry entry) {
    ++_updates;
    ASSERT_TRUE(this->table(table)) << "update of frame " << table.value << ", which is no table";
    ASSERT_LT(index, entries);
    unsigned const level = this->level(table);
    EXPECT_TRUE(level < 4 || index < 256) << "the upper half of the top belongs to Xen";
    Entry const old = _read(table, index);
    EXPECT_FALSE(old.present() && entry.present() && level != 1) << "a table is overwritten";
    EXPECT_TRUE(entry.present() || entry.raw == 0) << "an absent entry holds something";
    if (old.present())
        leave(table, level, old);
    if (entry.present())
        enter(table, level, entry);
}

} // namespace fake
