// SPDX-License-Identifier: MIT
#include "grants.hpp"
#include "machine.hpp"
#include <cstring>
#include <gtest/gtest.h>

namespace fake {

Grants& grants() {
    static Grants instance;
    return instance;
}

} // namespace fake

namespace arch {

using fake::grants;
using fake::Grants;
using kernel::Error;
using kernel::Result;

Result<Grant_reference> grant(Machine_number machine, kernel::Pfn frame, bool writable) {
    if (!grants().supported)
        return Error::not_supported;
    for (Grant_reference reference = Grants::first; reference < Grants::first + Grants::most;
         ++reference)
        if (grants()
                .given.try_emplace(reference, Grants::Given{machine, frame, writable, false})
                .second)
            return reference;
    return Error::table_full;
}

bool end_grant(Grant_reference reference) {
    auto const found = grants().given.find(reference);
    EXPECT_NE(found, grants().given.end()) << "ended twice";
    if (found->second.in_use)
        return false;
    grants().given.erase(found);
    return true;
}

Result<void> copy_from_grant(Foreign_place const& from, Own_place const& to, uint16_t bytes) {
    EXPECT_LE(from.offset + bytes, kernel::page_size);
    EXPECT_LE(to.offset + bytes, kernel::page_size);
    if (grants().copying != Error::none)
        return grants().copying;
    if (from.reference >= Grants::foreign_pages)
        return Error::not_mapped;
    std::memcpy(fake::machine().contents(to.frame) + to.offset,
                grants().foreign_page(from.machine, from.reference).data() + from.offset, bytes);
    return {};
}

Result<void> copy_to_grant(Own_place const& from, Foreign_place const& to, uint16_t bytes) {
    EXPECT_LE(from.offset + bytes, kernel::page_size);
    EXPECT_LE(to.offset + bytes, kernel::page_size);
    if (grants().copying != Error::none)
        return grants().copying;
    if (to.reference >= Grants::foreign_pages)
        return Error::not_mapped;
    if (to.reference % 2)
        return Error::not_mapped;
    std::memcpy(grants().foreign_page(to.machine, to.reference).data() + to.offset,
                fake::machine().contents(from.frame) + from.offset, bytes);
    return {};
}

} // namespace arch
