// SPDX-License-Identifier: MIT
#pragma once

#include "manifest.hpp"

#include <array>
#include <lavandin/objects.hpp>

namespace lavandin::init {

// The groups of the manifest. Nobody else has capabilities to them: only who stands in a group
// there becomes a member. They stay when their members end, so that a server that is started again
// is a member again.
class Groups {
public:
    // Makes every group that a section names. Errors: those of group_create.
    Result<void> create(Manifest const& manifest);

    // 0 when the name is empty: no group.
    Capability_index find(std::string_view name) const;

private:
    struct Entry {
        std::string_view name;
        Group group;
    };

    std::array<Entry, Manifest::maximum_groups> _entries;
    size_t _count{0};
};

} // namespace lavandin::init
