// SPDX-License-Identifier: MIT
#include "groups.hpp"

namespace lavandin::init {

Result<void> Groups::create(Manifest const& manifest) {
    for (Section const& section : manifest.sections()) {
        if (section.group.empty() || find(section.group) != 0)
            continue;
        if (_count == _entries.size())
            return Error::table_full; // which the manifest's check has seen
        _entries[_count] = {section.group, TRY(Group::create())};
        ++_count;
    }
    return {};
}

Capability_index Groups::find(std::string_view name) const {
    for (Entry const& entry : std::span{_entries.data(), _count})
        if (entry.name == name)
            return entry.group.index();
    return 0;
}

} // namespace lavandin::init
