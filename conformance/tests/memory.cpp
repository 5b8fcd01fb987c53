// SPDX-License-Identifier: MIT
// Memory: regions and mappings.
#include "tests/common.hpp"

#include <string.h>

namespace {

using namespace conformance;

constexpr uint64_t largest = 16 << 20;
constexpr uint64_t table_span = 2 << 20; // what one page table maps

uint64_t fresh() { return layout::fresh_addresses(page_size); }

bool all_zero(uint64_t address, uint64_t bytes) {
    auto const* const words = reinterpret_cast<uint64_t const*>(address);
    for (uint64_t i = 0; i < bytes / sizeof(uint64_t); ++i)
        if (words[i] != 0)
            return false;
    return true;
}

TEST(memory, is_zeroed) {
    constexpr uint64_t bytes = 64 * page_size;
    for (int round = 0; round < 3; ++round) {
        auto const memory = MUST(memory_create, bytes);
        uint64_t const address = layout::fresh_addresses(bytes);
        EXPECT_OK(memory_map, self_process, memory, address, 0, bytes, read_write);
        EXPECT(all_zero(address, bytes));
        memset(reinterpret_cast<void*>(address), 0xff, bytes); // for whoever gets it next
        EXPECT_OK(memory_unmap, self_process, address, bytes);
        EXPECT_OK(capability_delete, memory);
    }
}

TEST(memory, create_has_limits) {
    for (uint64_t const bytes : {uint64_t{0}, uint64_t{1}, page_size - 1, page_size + 1,
                                 largest + page_size, uint64_t{1} << 63, ~uint64_t{0}})
        EXPECT_ERROR(invalid_argument, memory_create, bytes);
    EXPECT_EQUAL(MUST(memory_size, MUST(memory_create, page_size)), page_size);
    EXPECT_EQUAL(MUST(memory_size, MUST(memory_create, 7 * page_size)), 7 * page_size);
}

TEST(memory, create_beyond_the_quota_changes_nothing) {
    auto const used = TAKE(quota_used());
    auto const before = TAKE(system_counters());
    EXPECT_ERROR(quota_exceeded, memory_create, largest);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    auto const now = TAKE(system_counters());
    EXPECT_EQUAL(now.free_frames, before.free_frames);
    EXPECT_EQUAL(now.objects[number(Object_type::memory)],
                 before.objects[number(Object_type::memory)]);
}

TEST(memory, frames_are_charged_and_return) {
    EXPECT_OK(capability_delete, MUST(memory_create, page_size));
    auto const used = TAKE(quota_used());
    auto const before = TAKE(system_counters()).free_frames;
    auto const memory = MUST(memory_create, 100 * page_size);
    EXPECT(TAKE(quota_used()) >= used + 100 * page_size);
    EXPECT(TAKE(system_counters()).free_frames <= before - 100);
    EXPECT_OK(capability_delete, memory);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    EXPECT_EQUAL(TAKE(system_counters()).free_frames, before);
}

TEST(memory, somebody_else_can_pay) {
    auto const payer = TAKE(empty_process(256 * 1024));
    auto const before = TAKE(information_of(payer)).quota_used;
    auto const own = TAKE(quota_used());
    auto const memory = MUST(memory_create_for, payer, 4 * page_size);
    EXPECT_EQUAL(MUST(memory_size, memory), 4 * page_size);
    EXPECT(TAKE(information_of(payer)).quota_used >= before + 4 * page_size);
    EXPECT_EQUAL(TAKE(quota_used()), own);
    EXPECT_OK(capability_delete, memory);
    EXPECT_EQUAL(TAKE(information_of(payer)).quota_used, before);
}

TEST(memory, somebody_else_pays_only_when_asked_rightly) {
    auto const payer = TAKE(empty_process());
    auto const deaf = TAKE(copy(payer, process_permission::read));
    EXPECT_ERROR(invalid_capability, memory_create_for, empty_slot, page_size);
    EXPECT_ERROR(wrong_type, memory_create_for, MUST(memory_create, page_size), page_size);
    EXPECT_ERROR(permission_denied, memory_create_for, deaf, page_size);
    for (uint64_t const bytes : {uint64_t{0}, page_size + 1, largest + page_size})
        EXPECT_ERROR(invalid_argument, memory_create_for, payer, bytes);
    auto const before = TAKE(information_of(payer)).quota_used;
    EXPECT_ERROR(quota_exceeded, memory_create_for, payer, largest);
    EXPECT_EQUAL(TAKE(information_of(payer)).quota_used, before);
    EXPECT_ERROR(peer_died, memory_create_for, TAKE(ended_process()), page_size);
}

TEST(memory, size_wants_the_permission) {
    auto const memory = MUST(memory_create, page_size);
    auto const blind = TAKE(copy(memory, memory_permission::write));
    EXPECT_ERROR(permission_denied, memory_size, blind);
    EXPECT_ERROR(invalid_capability, memory_size, empty_slot);
    EXPECT_ERROR(wrong_type, memory_size, self_process);
}

TEST(memory, mapped_page_is_the_one_at_the_offset) {
    auto const memory = MUST(memory_create, 8 * page_size);
    uint64_t const all = layout::fresh_addresses(8 * page_size);
    EXPECT_OK(memory_map, self_process, memory, all, 0, 8 * page_size, read_write);
    for (uint64_t i = 0; i < 8; ++i)
        write_byte(all + i * page_size, static_cast<uint8_t>(0xa0 + i));
    for (uint64_t i = 0; i < 8; ++i) {
        uint64_t const one = fresh();
        EXPECT_OK(memory_map, self_process, memory, one, i * page_size, page_size, read_only);
        EXPECT_EQUAL(read_byte(one), 0xa0 + i);
        write_byte(all + i * page_size + 5, 0x77);
        EXPECT_EQUAL(read_byte(one + 5), 0x77); // the same frame
    }
}

TEST(memory, is_shared_between_processes) {
    auto const memory = MUST(memory_create, page_size);
    uint64_t const address = fresh();
    EXPECT_OK(memory_map, self_process, memory, address, 0, page_size, read_write);
    write_byte(address, 1);
    auto child = TAKE(Child::create());
    EXPECT_OK(memory_map, child.process().index(), memory, address, 0, page_size, read_write);
    TAKE(child.start(
        [](Words const& words) {
            EXPECT_EQUAL(read_byte(words[0]), 1);
            write_byte(words[0], 2);
        },
        {address}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    EXPECT_EQUAL(read_byte(address), 2);
}

TEST(memory, mapping_outlives_the_capability) {
    auto const before = TAKE(system_counters()).objects[number(Object_type::memory)];
    auto const memory = MUST(memory_create, page_size);
    uint64_t const address = fresh();
    EXPECT_OK(memory_map, self_process, memory, address, 0, page_size, read_write);
    EXPECT_OK(capability_delete, memory);
    write_byte(address, 9);
    EXPECT_EQUAL(read_byte(address), 9);
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::memory)], before + 1);
    EXPECT_OK(memory_unmap, self_process, address, page_size);
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::memory)], before);
}

TEST(memory, map_wants_the_capabilities) {
    auto const memory = MUST(memory_create, page_size);
    auto const weak = TAKE(copy(self_process, process_permission::read));
    uint64_t const to = fresh();
    EXPECT_ERROR(invalid_capability, memory_map, empty_slot, memory, to, 0, page_size, read_only);
    EXPECT_ERROR(invalid_capability, memory_map, self_process, empty_slot, to, 0, page_size,
                 read_only);
    EXPECT_ERROR(wrong_type, memory_map, memory, memory, to, 0, page_size, read_only);
    EXPECT_ERROR(wrong_type, memory_map, self_process, self_process, to, 0, page_size, read_only);
    EXPECT_ERROR(permission_denied, memory_map, weak, memory, to, 0, page_size, read_only);
    EXPECT_ERROR(peer_died, memory_map, TAKE(ended_process()), memory, to, 0, page_size, read_only);
    EXPECT_ERROR(not_mapped, memory_unmap, self_process, to, page_size);
}

TEST(memory, map_gives_no_right_that_the_capability_lacks) {
    auto const memory = MUST(memory_create, page_size);
    auto const reader = TAKE(copy(memory, memory_permission::read));
    auto const writer = TAKE(copy(memory, memory_permission::write));
    auto const runner = TAKE(copy(memory, memory_permission::execute));
    for (auto const rights : {read_only, read_write, read_execute}) {
        EXPECT_ERROR(permission_denied, memory_map, self_process, writer, fresh(), 0, page_size,
                     rights);
        EXPECT_ERROR(permission_denied, memory_map, self_process, runner, fresh(), 0, page_size,
                     rights);
    }
    EXPECT_ERROR(permission_denied, memory_map, self_process, reader, fresh(), 0, page_size,
                 read_write);
    EXPECT_ERROR(permission_denied, memory_map, self_process, reader, fresh(), 0, page_size,
                 read_execute);
    EXPECT_OK(memory_map, self_process, reader, fresh(), 0, page_size, read_only);
}

TEST(memory, map_never_gives_write_and_execute_together) {
    auto const memory = MUST(memory_create, page_size);
    for (uint64_t const rights : {0UL, 2UL, 4UL, 6UL, 7UL, 8UL, 9UL, 0x1'0001UL})
        EXPECT_ERROR(invalid_argument, memory_map, self_process, memory, fresh(), 0, page_size,
                     rights);
}

TEST(memory, map_wants_pages_of_user_space) {
    auto const memory = MUST(memory_create, 4 * page_size);
    for (uint64_t const address :
         {uint64_t{0}, page_size, user_begin - page_size, fresh() + 1, fresh() + 8, user_end,
          user_end - 3 * page_size, uint64_t{1} << 47, uint64_t{0xffff'8800'0000'0000},
          ~uint64_t{0} - 4 * page_size + 1, ~uint64_t{0}})
        EXPECT_ERROR(invalid_argument, memory_map, self_process, memory, address, 0, 4 * page_size,
                     read_only);
}

TEST(memory, map_wants_a_part_of_the_region) {
    auto const memory = MUST(memory_create, 4 * page_size);
    struct {
        uint64_t offset, bytes;
    } const bad[]{{0, 0},
                  {0, 1},
                  {0, page_size + 1},
                  {1, page_size},
                  {0, 5 * page_size},
                  {4 * page_size, page_size},
                  {5 * page_size, page_size},
                  {page_size, 4 * page_size},
                  {0, largest + page_size},
                  {~uint64_t{0} - page_size + 1, 2 * page_size},
                  {page_size, ~uint64_t{0} - page_size + 1}};
    for (auto const& each : bad)
        EXPECT_ERROR(invalid_argument, memory_map, self_process, memory, fresh(), each.offset,
                     each.bytes, read_only);
}

TEST(memory, map_refuses_what_is_mapped) {
    auto const memory = MUST(memory_create, 4 * page_size);
    uint64_t const address = layout::fresh_addresses(4 * page_size);
    EXPECT_OK(memory_map, self_process, memory, address + 2 * page_size, 0, page_size, read_only);
    auto const used = TAKE(quota_used());
    EXPECT_ERROR(already_mapped, memory_map, self_process, memory, address, 0, 4 * page_size,
                 read_only);
    EXPECT_ERROR(already_mapped, memory_map, self_process, memory, address + 2 * page_size, 0,
                 page_size, read_write);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    for (unsigned const page : {0U, 1U, 3U}) // nothing of it was mapped
        EXPECT_ERROR(not_mapped, memory_unmap, self_process, address + page * page_size, page_size);
    EXPECT_OK(memory_unmap, self_process, address + 2 * page_size, page_size);
}

TEST(memory, maps_at_the_ends_of_user_space) {
    auto const memory = MUST(memory_create, page_size);
    EXPECT_OK(memory_map, self_process, memory, user_begin, 0, page_size, read_write);
    EXPECT_OK(memory_map, self_process, memory, user_end - page_size, 0, page_size, read_write);
    write_byte(user_begin, 1);
    EXPECT_EQUAL(read_byte(user_end - page_size), 1);
    write_byte(user_end - 1, 2);
    EXPECT_EQUAL(read_byte(user_begin + page_size - 1), 2);
    EXPECT_OK(memory_unmap, self_process, user_begin, page_size);
    EXPECT_OK(memory_unmap, self_process, user_end - page_size, page_size);
}

// Ranges that need tables of every level on both sides of a border.
TEST(memory, maps_across_the_borders_of_tables) {
    constexpr uint64_t bytes = 4 * page_size;
    auto const memory = MUST(memory_create, bytes);
    for (uint64_t const border :
         {uint64_t{0x6000'0000} + table_span, uint64_t{3} << 30, uint64_t{5} << 39}) {
        uint64_t const address = border - 2 * page_size;
        EXPECT_OK(memory_map, self_process, memory, address, 0, bytes, read_write);
        for (uint64_t i = 0; i < 4; ++i)
            write_byte(address + i * page_size, static_cast<uint8_t>(border >> 30 ^ i));
        for (uint64_t i = 0; i < 4; ++i)
            EXPECT_EQUAL(read_byte(address + i * page_size), (border >> 30 ^ i) & 0xff);
        EXPECT_OK(memory_unmap, self_process, address, bytes);
    }
}

TEST(memory, large_region) {
    constexpr uint64_t bytes = 5 << 20;
    auto const memory = MUST(memory_create, bytes);
    uint64_t const address = layout::fresh_addresses(bytes);
    EXPECT_OK(memory_map, self_process, memory, address, 0, bytes, read_write);
    for (uint64_t at = 0; at < bytes; at += page_size)
        *reinterpret_cast<uint64_t volatile*>(address + at) = at;
    bool same = true;
    for (uint64_t at = 0; at < bytes; at += page_size)
        same = same && *reinterpret_cast<uint64_t volatile*>(address + at) == at;
    EXPECT(same);
    EXPECT_OK(memory_unmap, self_process, address, bytes);
    EXPECT_ERROR(not_mapped, memory_unmap, self_process, address + bytes - page_size, page_size);
}

TEST(memory, unmap_is_all_or_nothing) {
    auto const memory = MUST(memory_create, 3 * page_size);
    uint64_t const address = layout::fresh_addresses(3 * page_size);
    EXPECT_OK(memory_map, self_process, memory, address, 0, 3 * page_size, read_write);
    EXPECT_OK(memory_unmap, self_process, address + page_size, page_size);
    EXPECT_ERROR(not_mapped, memory_unmap, self_process, address, 3 * page_size);
    EXPECT_ERROR(not_mapped, memory_unmap, self_process, address + page_size, page_size);
    write_byte(address, 1); // still there
    write_byte(address + 2 * page_size, 1);
    EXPECT_OK(memory_unmap, self_process, address, page_size);
    EXPECT_OK(memory_unmap, self_process, address + 2 * page_size, page_size);
}

TEST(memory, unmap_wants_the_capability_and_pages) {
    uint64_t const address = TAKE(fresh_memory(page_size));
    auto const weak = TAKE(copy(self_process, process_permission::read));
    EXPECT_ERROR(invalid_capability, memory_unmap, empty_slot, address, page_size);
    EXPECT_ERROR(wrong_type, memory_unmap, MUST(endpoint_create), address, page_size);
    EXPECT_ERROR(permission_denied, memory_unmap, weak, address, page_size);
    EXPECT_ERROR(peer_died, memory_unmap, TAKE(ended_process()), address, page_size);
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, address + 1, page_size);
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, address, 0);
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, address, page_size - 1);
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, address, largest + page_size);
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, user_end, page_size);
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, uint64_t{0xffff'8800'0000'0000},
                 page_size);
    EXPECT_ERROR(invalid_argument, memory_unmap, self_process, layout::buffer, page_size);
    EXPECT_OK(memory_unmap, self_process, address, page_size);
}

TEST(memory, map_is_paid_by_the_process) {
    auto const memory = MUST(memory_create, page_size);
    auto const process = TAKE(empty_process(256 * 1024));
    auto const own = TAKE(quota_used());
    auto const before = TAKE(information_of(process)).quota_used;
    EXPECT_OK(memory_map, process, memory, user_begin, 0, page_size, read_only);
    uint64_t const record = TAKE(information_of(process)).quota_used - before - 3 * page_size;
    EXPECT(record > 0 && record <= 256); // beside the tables
    EXPECT_OK(memory_map, process, memory, user_begin + page_size, 0, page_size, read_only);
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, before + 3 * page_size + 2 * record);
    EXPECT_OK(memory_unmap, process, user_begin, page_size);
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, before + 3 * page_size + record);
    EXPECT_EQUAL(TAKE(quota_used()), own);
    EXPECT_OK(process_destroy, process, 0);
}

// The quota covers the process and `pages` page tables; mapping across a border needs five.
void map_with_room_for(uint64_t pages) {
    auto const memory = MUST(memory_create, 64 * page_size);
    auto const bare = TAKE(empty_process(64 * 1024));
    uint64_t const base = TAKE(information_of(bare)).quota_used;
    auto const process = TAKE(empty_process(base + pages * page_size));
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, base);
    auto const before = TAKE(system_counters());
    uint64_t const address = (uint64_t{1} << 30) - 32 * page_size;
    EXPECT_ERROR(quota_exceeded, memory_map, process, memory, address, 0, 64 * page_size,
                 read_only);
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, base);
    auto const now = TAKE(system_counters());
    EXPECT_EQUAL(now.page_tables, before.page_tables);
    EXPECT_EQUAL(now.free_frames + now.pooled_page_tables,
                 before.free_frames + before.pooled_page_tables);
    EXPECT_ERROR(not_mapped, memory_unmap, process, address, page_size);
    EXPECT_OK(process_destroy, process, 0);
    EXPECT_OK(process_destroy, bare, 0);
}

TEST(memory, map_beyond_the_quota_changes_nothing) {
    for (uint64_t pages = 3; pages < 5; ++pages)
        map_with_room_for(pages);
}

TEST(memory, map_and_unmap_leave_nothing_behind) {
    auto const memory = MUST(memory_create, 16 * page_size);
    uint64_t const address = layout::fresh_addresses(16 * page_size);
    EXPECT_OK(memory_map, self_process, memory, address, 0, 16 * page_size, read_write);
    EXPECT_OK(memory_unmap, self_process, address, 16 * page_size);
    auto const used = TAKE(quota_used());
    auto const before = TAKE(system_counters());
    for (int i = 0; i < 300; ++i) {
        EXPECT_OK(memory_map, self_process, memory, address, 0, 16 * page_size,
                  i % 2 == 0 ? read_write : read_execute);
        EXPECT_OK(memory_unmap, self_process, address, 16 * page_size);
    }
    EXPECT_EQUAL(TAKE(quota_used()), used);
    EXPECT_EQUAL(TAKE(system_counters()).free_frames, before.free_frames);
}

} // namespace
