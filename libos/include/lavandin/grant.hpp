// SPDX-License-Identifier: MIT
// Memory shared with other machines on the same platform. Errors are those of the system calls of
// the same names.
#pragma once

#include <lavandin/objects.hpp>

namespace lavandin {

using Machine_number = uint16_t;
using Grant_reference = uint32_t;

// A page of a region that another machine may use; until end(), or until the last capability to it
// is gone and that machine has let go of the page.
class Grant : public Typed_capability<Grant, Object_type::grant> {
public:
    using Typed_capability::Typed_capability;

    static constexpr Permissions readable = memory_permission::read;
    static constexpr Permissions writable = memory_permission::read | memory_permission::write;

    // `system` needs the permission grants. `offset`: of the page in the region, in bytes.
    static Result<Grant> create(System const& system, Memory const& memory, uint64_t offset,
                                Machine_number machine, Permissions rights) {
        auto const made =
            TRY(grant_create(system.index(), memory.index(), offset, machine, rights));
        Grant grant = own(made.grant);
        grant._reference = static_cast<Grant_reference>(made.reference);
        return grant;
    }

    // By which the other machine names the page.
    Grant_reference reference() const { return _reference; }

    // busy while the other machine uses the page.
    Result<void> end() const { return grant_end(index()); }

private:
    Grant_reference _reference{0};
};

// A page that another machine has granted to this one.
struct Foreign_page {
    Machine_number machine;
    Grant_reference reference;

    constexpr uint64_t raw() const { return uint64_t{machine} << 32 | reference; }

    // Copies within one page on both sides.
    Result<void> read(System const& system, uint64_t from, Memory const& memory, uint64_t offset,
                      uint64_t bytes) const {
        return grant_read(system.index(), memory.index(), offset, raw(), from, bytes);
    }
    Result<void> write(System const& system, uint64_t to, Memory const& memory, uint64_t offset,
                       uint64_t bytes) const {
        return grant_write(system.index(), memory.index(), offset, raw(), to, bytes);
    }
};

} // namespace lavandin
