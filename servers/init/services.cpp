// SPDX-License-Identifier: MIT
#include "services.hpp"

namespace lavandin::init {

Result<void> Services::create(Manifest const& manifest) {
    TRY_VOID(add("init"));
    for (Section const& section : manifest.sections())
        for (Grant const& grant : section.grants())
            if (grant.kind == Grant_kind::service)
                TRY_VOID(add(grant.name));
    return {};
}

Result<void> Services::add(std::string_view name) {
    if (_count == maximum_services)
        return Error::table_full;
    _entries[_count] = {name, TRY(Endpoint::create())};
    ++_count;
    return {};
}

void Services::give_up(Section const& section) {
    for (Entry& entry : std::span{_entries.data(), _count})
        if (section.grants_service(entry.name))
            entry.endpoint.reset();
}

Capability_index Services::find(std::string_view name) const {
    for (Entry const& entry : std::span{_entries.data(), _count})
        if (entry.name == name)
            return entry.endpoint.index();
    return 0;
}

} // namespace lavandin::init
