// SPDX-License-Identifier: MIT
// Frames shared with other machines on the same platform, by number: a machine that was named may
// map or copy the frame behind a reference of ours.
#pragma once

#include <kernel/result.hpp>
#include <kernel/types.hpp>

namespace arch {

using Machine_number = uint16_t;
using Grant_reference = uint32_t;

inline constexpr Machine_number largest_machine = 0x7fef; // those above have other meanings

// Lets a machine, which need not exist yet, use a frame. Errors: not_supported (the platform has no
// such thing), table_full (no reference is free).
kernel::Result<Grant_reference> grant(Machine_number machine, kernel::Pfn frame, bool writable);

// False, and nothing has changed, while the machine has the frame mapped or copies from it.
bool end_grant(Grant_reference reference);

// Part of a page that another machine has granted to this one.
struct Foreign_place {
    Machine_number machine;
    Grant_reference reference;
    uint16_t offset; // in its page
};
struct Own_place {
    kernel::Pfn frame;
    uint16_t offset;
};

// Copies `bytes`, which lie within one page on both sides. Errors: not_mapped (there is no such
// machine, or it has granted no such thing, or not for writing), busy (try again), not_supported.
kernel::Result<void> copy_from_grant(Foreign_place const& from, Own_place const& to,
                                     uint16_t bytes);
kernel::Result<void> copy_to_grant(Own_place const& from, Foreign_place const& to, uint16_t bytes);

} // namespace arch
