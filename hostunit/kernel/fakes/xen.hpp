// SPDX-License-Identifier: MIT
// What stands for Xen: it carries out page-table updates on the machine's frames and remembers
// which translations the processor may still hold.
#pragma once

#include "table_judge.hpp"
#include <set>

namespace fake {

class Xen {
public:
    Xen();

    Table_judge& judge() { return _judge; }

    void update(Mfn table, unsigned index, Entry entry);
    void pin(Mfn table, unsigned level);
    void unpin(Mfn table);
    void load(Mfn top); // 0: none
    void drop_translations() { _stale.clear(); }
    // The frame is about to get other contents or another owner.
    void reused(Pfn frame) const;

private:
    Table_judge _judge;
    std::set<uint64_t> _stale; // frames that the processor may still reach
};

Xen& xen();

} // namespace fake
