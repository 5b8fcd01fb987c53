// SPDX-License-Identifier: MIT
// Physical-to-machine table and its inverse. The forward table is ours (built by the domain builder
// at P2M_BASE), the inverse is Xen's. Frames the machine took back leave holes.
#pragma once

#include <xenpv/frame_types.hpp>

namespace xenpv {

class P2m {
public:
    constexpr P2m() = default;
    constexpr P2m(uint64_t const* forward, uint64_t frames, uint64_t const* inverse)
        : _forward{forward}, _inverse{inverse}, _frames{frames} {}

    // no_machine_frame for holes and frames beyond the table.
    Mfn mfn(Pfn pfn) const {
        if (pfn.value >= _frames)
            return no_machine_frame;
        uint64_t const raw = _forward[pfn.value];
        return raw & hole_bits ? no_machine_frame : Mfn{raw};
    }

    // kernel::no_frame for frames that are not ours: the inverse covers the whole machine, so its
    // answer counts only when the forward table agrees.
    Pfn pfn(Mfn mfn) const {
        Pfn const candidate{_inverse[mfn.value]};
        return this->mfn(candidate) == mfn ? candidate : kernel::no_frame;
    }

    uint64_t frames() const { return _frames; }

private:
    // INVALID_P2M_ENTRY and the FOREIGN and IDENTITY marks of other guests' tables.
    static constexpr uint64_t hole_bits = uint64_t{3} << 62;

    uint64_t const* _forward{nullptr};
    uint64_t const* _inverse{nullptr};
    uint64_t _frames{0};
};

// The domain's table; set once at start of day.
extern P2m p2m;

} // namespace xenpv
