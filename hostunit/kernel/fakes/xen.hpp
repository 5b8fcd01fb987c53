// SPDX-License-Identifier: MIT
// What stands for Xen: it carries out page-table updates on the machine's frames and remembers
// which translations each processor may still hold.
//
// A frame that a processor may still reach is lost to user code only when that processor has
// dropped its translations: at once while it executes user code, else before it does so again.
#pragma once

#include "strands.hpp"
#include "table_judge.hpp"
#include <array>
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
    // A thread with that table is about to run: as the port loads it (processor.cpp).
    void switch_table(Mfn top);
    // Of the processors in `set`; 0 stands for the one that executes.
    void drop_translations(uint64_t set = 0);
    // The frame is about to get other contents or another owner.
    void reused(Pfn frame);
    // The processor is about to execute user code.
    void enters_user_mode(uint32_t processor) const;
    void forget(); // what processors have loaded: another machine starts

private:
    struct Translations {
        std::set<uint64_t> stale;  // frames that the processor may still reach
        std::set<uint64_t> reused; // those that others have by now
    };

    Table_judge _judge;
    std::array<Translations, machine_processors> _of;
};

Xen& xen();

} // namespace fake
