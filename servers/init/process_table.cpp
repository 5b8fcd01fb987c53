// SPDX-License-Identifier: MIT
#include "process_table.hpp"

#include <algorithm>

namespace lavandin::init {

Result<Process_record*> Process_table::add(Process_number parent, std::string_view name) {
    Process_record* place = nullptr;
    size_t free = 0;
    size_t children = 0;
    size_t running = 0; // of init's own
    for (Process_record& record : _records) {
        if (record.state == Process_record::State::free) {
            place = &record;
            ++free;
            continue;
        }
        children += record.parent == parent;
        running += record.own;
    }
    bool const own = parent == init_number;
    size_t const kept = own || running >= _own ? 0 : _own - running;
    if (free <= kept || (!own && children >= maximum_children))
        return Error::table_full;
    place->own = own;
    place->state = Process_record::State::alive;
    place->number = ++_last_number;
    place->parent = parent;
    std::copy_n(name.begin(), std::min(name.size(), sizeof(place->name) - 1), place->name);
    return place;
}

Process_record* Process_table::find(Process_number number) {
    for (Process_record& record : _records)
        if (record.state != Process_record::State::free && record.number == number)
            return &record;
    return nullptr;
}

Process_record* Process_table::next(uint64_t& position) {
    for (; position < _records.size(); ++position)
        if (_records[position].state != Process_record::State::free)
            return &_records[position];
    return nullptr;
}

} // namespace lavandin::init
