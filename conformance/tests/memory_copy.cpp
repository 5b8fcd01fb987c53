// SPDX-License-Identifier: MIT
// Copies that share frames until somebody writes; mappings that go with a capability.
#include "tests/common.hpp"

#include <string.h>

namespace {

using namespace conformance;

uint64_t map_all(Capability_index memory, uint64_t bytes, Permissions rights = read_write) {
    uint64_t const address = layout::fresh_addresses(bytes);
    EXPECT_OK(memory_map, self_process, memory, address, 0, bytes, rights);
    return address;
}

void fill(uint64_t address, uint64_t pages, uint8_t first) {
    for (uint64_t i = 0; i < pages; ++i)
        memset(reinterpret_cast<void*>(address + i * page_size), first + static_cast<int>(i),
               page_size);
}

bool holds(uint64_t address, uint64_t pages, uint8_t first) {
    for (uint64_t i = 0; i < pages * page_size; ++i)
        if (read_byte(address + i) != static_cast<uint8_t>(first + i / page_size))
            return false;
    return true;
}

TEST(memory_copy, holds_what_there_was) {
    constexpr uint64_t pages = 8;
    auto const source = MUST(memory_create, pages * page_size);
    uint64_t const at = map_all(source, pages * page_size);
    fill(at, pages, 1);
    auto const copied = MUST(memory_copy, source, 2 * page_size, 5 * page_size);
    EXPECT_EQUAL(MUST(memory_size, copied), 5 * page_size);
    uint64_t const other = map_all(copied, 5 * page_size);
    EXPECT(holds(other, 5, 3));
    fill(at, pages, 100);
    EXPECT(holds(other, 5, 3));
    fill(other, 5, 50);
    EXPECT(holds(other, 5, 50));
    EXPECT(holds(at, pages, 100));
}

TEST(memory_copy, takes_frames_only_when_written) {
    constexpr uint64_t pages = 64;
    auto const source = MUST(memory_create, pages * page_size);
    uint64_t const at = map_all(source, pages * page_size);
    fill(at, pages, 1);
    auto const before = TAKE(system_counters());
    auto const copied = MUST(memory_copy, source, 0, pages * page_size);
    uint64_t const other = map_all(copied, pages * page_size);
    auto const shared = TAKE(system_counters());
    EXPECT(before.free_frames - shared.free_frames < 8);
    write_byte(other + 3 * page_size, 0);
    write_byte(at + 9 * page_size, 0);
    write_byte(at + 9 * page_size + 1, 0);
    EXPECT_EQUAL(shared.free_frames - TAKE(system_counters()).free_frames, 2);
    EXPECT_EQUAL(read_byte(other + 9 * page_size), 10);
    EXPECT_EQUAL(read_byte(at + 3 * page_size), 4);
}

TEST(memory_copy, of_copies_and_without_the_source) {
    auto const source = MUST(memory_create, 2 * page_size);
    uint64_t const at = map_all(source, 2 * page_size);
    fill(at, 2, 7);
    auto const first = MUST(memory_copy, source, 0, 2 * page_size);
    auto const second = MUST(memory_copy, first, page_size, page_size);
    EXPECT_OK(memory_unmap, self_process, at, 2 * page_size);
    EXPECT_OK(capability_delete, source);
    uint64_t const a = map_all(first, 2 * page_size);
    uint64_t const b = map_all(second, page_size);
    write_byte(a + page_size, 1);
    EXPECT(holds(b, 1, 8));
    EXPECT(holds(a, 1, 7));
}

TEST(memory_copy, is_charged_at_once_and_returns) {
    EXPECT_OK(capability_delete, MUST(memory_create, page_size));
    auto const source = MUST(memory_create, 10 * page_size);
    auto const used = TAKE(quota_used());
    auto const copied = MUST(memory_copy, source, 0, 10 * page_size);
    EXPECT(TAKE(quota_used()) >= used + 10 * page_size);
    EXPECT_OK(capability_delete, copied);
    EXPECT_EQUAL(TAKE(quota_used()), used);
}

TEST(memory_copy, is_seen_through_every_mapping_of_the_writer) {
    auto const source = MUST(memory_create, page_size);
    auto const copied = MUST(memory_copy, source, 0, page_size);
    uint64_t const a = map_all(copied, page_size);
    uint64_t const b = map_all(copied, page_size, read_only);
    EXPECT_EQUAL(read_byte(b), 0);
    write_byte(a, 5);
    EXPECT_EQUAL(read_byte(b), 5);
}

void write_and_compare(Words const& words) {
    EXPECT_EQUAL(read_byte(words[0]), 9);
    write_byte(words[0], 11);
    EXPECT_EQUAL(read_byte(words[0]), 11);
}

// So many that it shares no frames any more: with the copy made before, nor with one made after.
TEST(memory_copy, is_kept_apart_from_a_region_with_many_mappings) {
    constexpr uint64_t pages = 3;
    constexpr unsigned many = 20;
    auto const source = MUST(memory_create, pages * page_size);
    uint64_t at[many]{map_all(source, pages * page_size)};
    fill(at[0], pages, 1);
    auto const early = MUST(memory_copy, source, 0, pages * page_size);
    for (unsigned i = 1; i < many; ++i)
        at[i] = map_all(source, pages * page_size);
    auto const late = MUST(memory_copy, source, 0, pages * page_size);
    for (unsigned i = 0; i < many; ++i) {
        fill(at[i], pages, static_cast<uint8_t>(20 + i));
        EXPECT(holds(at[(i + 7) % many], pages, static_cast<uint8_t>(20 + i)));
    }
    EXPECT(holds(map_all(early, pages * page_size), pages, 1));
    EXPECT(holds(map_all(late, pages * page_size), pages, 1));
}

TEST(memory_copy, is_kept_apart_between_processes) {
    auto const source = MUST(memory_create, page_size);
    uint64_t const at = map_all(source, page_size);
    write_byte(at, 9);
    auto const copied = MUST(memory_copy, source, 0, page_size);
    auto child = TAKE(Child::create());
    uint64_t const address = layout::fresh_addresses(page_size);
    EXPECT_OK(memory_map, child.process().index(), copied, address, 0, page_size, read_write);
    TAKE(child.start(write_and_compare, {address}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    EXPECT_EQUAL(read_byte(at), 9);
}

void write_to(Words const& words) { write_byte(words[0], 1); }

TEST(memory_copy, does_not_make_what_is_read_only_writable) {
    auto const source = MUST(memory_create, page_size);
    auto const copied = MUST(memory_copy, source, 0, page_size);
    auto child = TAKE(Child::create());
    uint64_t const address = layout::fresh_addresses(page_size);
    EXPECT_OK(memory_map, child.process().index(), copied, address, 0, page_size, read_only);
    TAKE(child.start(write_to, {address}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::faulted);
}

TEST(memory_copy, errors) {
    auto const memory = MUST(memory_create, 4 * page_size);
    EXPECT_ERROR(invalid_capability, memory_copy, empty_slot, 0, page_size);
    EXPECT_ERROR(wrong_type, memory_copy, self_process, 0, page_size);
    auto const blind = TAKE(copy(memory, memory_permission::write));
    EXPECT_ERROR(permission_denied, memory_copy, blind, 0, page_size);
    EXPECT_ERROR(invalid_argument, memory_copy, memory, 0, 0);
    EXPECT_ERROR(invalid_argument, memory_copy, memory, 8, page_size);
    EXPECT_ERROR(invalid_argument, memory_copy, memory, page_size, 4 * page_size);
    EXPECT_ERROR(invalid_argument, memory_copy, memory, 5 * page_size, page_size);
    EXPECT_ERROR(invalid_argument, memory_copy, memory, ~uint64_t{0} - 4095, page_size);
    auto const large = MUST(memory_create, 1024 * page_size);
    auto const used = TAKE(quota_used());
    EXPECT_ERROR(quota_exceeded, memory_copy, large, 0, 1024 * page_size);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    while (copy(self_process, all_permissions).ok()) {
    }
    EXPECT_ERROR(table_full, memory_copy, memory, 0, page_size);
}

TEST(revoke, unmaps_everywhere) {
    constexpr uint64_t pages = 150; // more than one step takes
    auto const memory = MUST(memory_create, pages * page_size);
    auto const copied = TAKE(copy(memory, all_permissions));
    uint64_t const a = map_all(memory, pages * page_size);
    uint64_t const b = map_all(copied, pages * page_size);
    auto const process = TAKE(empty_process(256 * 1024));
    EXPECT_OK(memory_map, process, copied, a, 0, pages * page_size, read_only);
    EXPECT_OK(memory_unmap, self_process, b + 70 * page_size, page_size);
    write_byte(a, 1);
    EXPECT_OK(capability_revoke, memory);
    EXPECT_ERROR(not_mapped, memory_unmap, self_process, a, page_size);
    EXPECT_ERROR(not_mapped, memory_unmap, self_process, b + 149 * page_size, page_size);
    EXPECT_ERROR(not_mapped, memory_unmap, process, a, page_size);
    EXPECT_EQUAL(MUST(memory_size, memory), pages * page_size);
    uint64_t const again = map_all(memory, pages * page_size);
    EXPECT_EQUAL(read_byte(again), 1);
}

TEST(revoke, takes_the_page_from_under_a_process) {
    auto const memory = MUST(memory_create, page_size);
    auto child = TAKE(Child::create());
    uint64_t const address = layout::fresh_addresses(page_size);
    EXPECT_OK(memory_map, child.process().index(), memory, address, 0, page_size, read_write);
    TAKE(child.start(
        [](Words const& words) {
            for (;;)
                write_byte(words[0], 1);
        },
        {address}, inherited().priority - 1));
    EXPECT_OK(thread_sleep, after(2 * millisecond)); // it writes
    EXPECT_OK(capability_revoke, memory);
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::faulted);
}

TEST(memory, unmapping_out_of_the_middle_wants_quota) {
    auto const memory = MUST(memory_create, 3 * page_size);
    auto const process = TAKE(empty_process(64 * 1024));
    uint64_t const address = layout::free_begin;
    EXPECT_OK(memory_map, process, memory, address, 0, 3 * page_size, read_only);
    // Records of other mappings use the rest up.
    auto last = Error::none;
    for (uint64_t at = address + 8 * page_size; last == Error::none; at += page_size)
        last = memory_map(process, memory, at, 0, page_size, read_only).error();
    EXPECT_ANSWER(quota_exceeded, memory_map, last);
    EXPECT_ERROR(quota_exceeded, memory_unmap, process, address + page_size, page_size);
    EXPECT_OK(memory_unmap, process, address, page_size);
    EXPECT_OK(memory_unmap, process, address + page_size, 2 * page_size);
}

} // namespace
