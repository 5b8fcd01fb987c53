// SPDX-License-Identifier: MIT
// Grant tables, version 1 (xen/grant_table.h): an array of entries in frames that Xen shares with
// us, reference n is entry n. Ours to write are a free entry's frame and domain, and last its
// flags; Xen sets the two bits that say whether somebody reads or writes there just now.
#include "layout.h"
#include <arch/grants.hpp>
#include <kernel/lock.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/p2m.hpp>

namespace xenpv {

namespace {

using kernel::Error;
using kernel::Result;

constexpr unsigned most_frames = 2;
constexpr unsigned entries = most_frames * kernel::page_size / sizeof(grant_entry_v1_t);
// Toolstacks use the first for console and store (GNTTAB_NR_RESERVED_ENTRIES).
constexpr unsigned reserved = 8;
static_assert(GNTTAB_RESERVED_XENSTORE < reserved && GNTTAB_RESERVED_CONSOLE < reserved);

alignas(4096) char table_pages[most_frames * kernel::page_size]; // frames give way to Xen's

kernel::Lock lock; // guards what follows, and the table
unsigned usable{0};
uint64_t taken[entries / 64];

grant_entry_v1_t& entry(arch::Grant_reference reference) {
    return reinterpret_cast<grant_entry_v1_t*>(table_pages)[reference];
}

void map_table(uint64_t const* frames, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        uint64_t const address = reinterpret_cast<uint64_t>(table_pages) + i * kernel::page_size;
        Entry const to = make_entry(Mfn{frames[i]}, entry_flag::kernel_data);
        if (!hypercall::update_va_mapping(address, to, UVMF_INVLPG | UVMF_LOCAL).ok())
            kernel::panic("grants: Xen refuses frame {x} of its table", frames[i]);
    }
}

// With the first use: a machine that grants nothing has no table. Error: not_supported.
Result<void> ensure_table() {
    if (usable)
        return {};
    uint64_t frames[most_frames]{};
    gnttab_setup_table_t setup{};
    setup.dom = DOMID_SELF;
    setup.nr_frames = most_frames;
    set_xen_guest_handle(setup.frame_list, frames);
    if (!hypercall::grant_table_op(GNTTABOP_setup_table, &setup).ok() || setup.status != GNTST_okay)
        return Error::not_supported;
    map_table(frames, most_frames);
    for (unsigned i = 0; i < reserved; ++i)
        taken[0] |= uint64_t{1} << i;
    usable = entries;
    return {};
}

Result<arch::Grant_reference> take_reference() {
    for (unsigned word = 0; word < usable / 64; ++word) {
        if (~taken[word] == 0)
            continue;
        unsigned const bit = static_cast<unsigned>(__builtin_ctzl(~taken[word]));
        taken[word] |= uint64_t{1} << bit;
        return word * 64 + bit;
    }
    return Error::table_full;
}

Result<void> meaning_of(int16_t status) {
    switch (status) {
    case GNTST_okay:
        return {};
    case GNTST_bad_domain:
    case GNTST_bad_gntref:
    case GNTST_general_error: // also what Xen says of ended and of read-only grants
    case GNTST_permission_denied:
        return Error::not_mapped;
    case GNTST_eagain:
        return Error::busy;
    default:
        return Error::not_supported;
    }
}

Result<void> copy(gnttab_copy_t& operation) {
    if (!hypercall::grant_table_op(GNTTABOP_copy, &operation).ok())
        return Error::not_supported;
    return meaning_of(operation.status);
}

} // namespace
} // namespace xenpv

namespace arch {

using namespace xenpv;

Result<Grant_reference> grant(Machine_number machine, kernel::Pfn frame, bool writable) {
    kernel::Lock_guard const guard{lock};
    TRY_VOID(ensure_table());
    uint64_t const machine_frame = p2m.mfn(frame).value;
    if (machine_frame >> 32)
        return Error::not_supported; // version 1 knows 2^32 frames
    Grant_reference const reference = TRY(take_reference());
    grant_entry_v1_t& it = entry(reference);
    it.domid = machine;
    it.frame = static_cast<uint32_t>(machine_frame);
    uint16_t const flags = GTF_permit_access | (writable ? 0 : GTF_readonly);
    __atomic_store_n(&it.flags, flags, __ATOMIC_RELEASE);
    return reference;
}

bool end_grant(Grant_reference reference) {
    kernel::Lock_guard const guard{lock};
    grant_entry_v1_t& it = entry(reference);
    uint16_t flags = __atomic_load_n(&it.flags, __ATOMIC_ACQUIRE);
    do {
        if (flags & (GTF_reading | GTF_writing))
            return false;
    } while (!__atomic_compare_exchange_n(&it.flags, &flags, uint16_t{GTF_invalid}, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE));
    taken[reference / 64] &= ~(uint64_t{1} << reference % 64);
    return true;
}

Result<void> copy_from_grant(Foreign_place const& from, Own_place const& to, uint16_t bytes) {
    gnttab_copy_t operation{};
    operation.source.u.ref = from.reference;
    operation.source.domid = from.machine;
    operation.source.offset = from.offset;
    operation.dest.u.gmfn = p2m.mfn(to.frame).value;
    operation.dest.domid = DOMID_SELF;
    operation.dest.offset = to.offset;
    operation.len = bytes;
    operation.flags = GNTCOPY_source_gref;
    return copy(operation);
}

Result<void> copy_to_grant(Own_place const& from, Foreign_place const& to, uint16_t bytes) {
    gnttab_copy_t operation{};
    operation.source.u.gmfn = p2m.mfn(from.frame).value;
    operation.source.domid = DOMID_SELF;
    operation.source.offset = from.offset;
    operation.dest.u.ref = to.reference;
    operation.dest.domid = to.machine;
    operation.dest.offset = to.offset;
    operation.len = bytes;
    operation.flags = GNTCOPY_dest_gref;
    return copy(operation);
}

} // namespace arch
