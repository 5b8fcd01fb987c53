// SPDX-License-Identifier: MIT
// Frame names as Xen sees them. The terms are those of Xen's xen/mm.h:
//   Pfn   our own numbering of our frames, from 0, without surprises (kernel/types.hpp)
//   Mfn   the machine's number of a frame; changes under save and migration, so it lives only in
//         the physical-to-machine table, in present page-table entries and in hypercall arguments
#pragma once

#include <kernel/types.hpp>

namespace xenpv {

using kernel::Pfn;

struct Mfn {
    uint64_t value;

    friend constexpr bool operator==(Mfn, Mfn) = default;
};

inline constexpr Mfn no_machine_frame{~uint64_t{0}};

// A page-table entry as hardware reads it.
struct Entry {
    uint64_t raw;

    constexpr bool present() const { return (raw & 1) != 0; }
    constexpr Mfn mfn() const { return Mfn{raw >> 12 & 0xff'ffff'ffff}; }

    friend constexpr bool operator==(Entry, Entry) = default;
};

namespace entry_flag {
inline constexpr uint64_t present = 1 << 0;
inline constexpr uint64_t writable = 1 << 1;
inline constexpr uint64_t user = 1 << 2;
inline constexpr uint64_t accessed = 1 << 5;
inline constexpr uint64_t dirty = 1 << 6;
inline constexpr uint64_t no_execute = uint64_t{1} << 63;

// Kernel and user run in the same ring under Xen; Xen sets `user` everywhere by itself and takes
// its presence for "user page" (global). Kernel entries leave it out.
inline constexpr uint64_t kernel_data = present | writable | accessed | dirty | no_execute;
inline constexpr uint64_t kernel_constant = present | accessed | no_execute;
inline constexpr uint64_t kernel_code = present | accessed;
inline constexpr uint64_t table = present | writable | user | accessed;
} // namespace entry_flag

constexpr Entry make_entry(Mfn mfn, uint64_t flags) { return Entry{mfn.value << 12 | flags}; }

} // namespace xenpv
