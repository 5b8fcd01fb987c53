// SPDX-License-Identifier: MIT
// Groups as their maker sees them. Calls between members are in group_calls.cpp.
#include "common.hpp"

#include <lavandin/abi/group.hpp>

namespace conformance {
namespace {

constexpr uint64_t member_quota = 64 * 1024;

Result<Capability_index> member_of(Capability_index group) {
    return process_create(member_quota, 0, 'm', 0, 0, group);
}

Process_information described(Capability_index process) {
    auto const found = information_of(process);
    return found.ok() ? found.value() : Process_information{};
}

TEST(group, members_have_regions_of_their_own) {
    auto const group = MUST(group_create);
    auto const first = described(TAKE(member_of(group)));
    auto const second = described(TAKE(member_of(group)));
    EXPECT_EQUAL(Member_identity{first.member}.number(), 1);
    EXPECT_EQUAL(Member_identity{second.member}.number(), 2);
    EXPECT_EQUAL(first.region_begin, region_bytes);
    EXPECT_EQUAL(first.region_end, second.region_begin);
    auto const own = described(self_process);
    EXPECT_EQUAL(Member_identity{own.member}.number(), 0);
    EXPECT_EQUAL(own.region_begin, user_begin);
    EXPECT_EQUAL(own.region_end, user_end);
}

TEST(group, a_member_has_nothing_outside_its_region) {
    auto const group = MUST(group_create);
    auto const member = TAKE(member_of(group));
    auto const neighbour = TAKE(member_of(group));
    auto const memory = MUST(memory_create, 2 * page_size);
    uint64_t const begin = region_bytes;
    uint64_t const end = 2 * region_bytes;
    EXPECT_OK(memory_map, neighbour, memory, end, 0, page_size, memory_permission::read);
    for (uint64_t const address : {layout::free_begin, uint64_t{Group_directory::address},
                                   begin - page_size, end - page_size, end, 3 * region_bytes}) {
        EXPECT_ERROR(invalid_argument, memory_map, member, memory, address, 0, 2 * page_size,
                     memory_permission::read);
        EXPECT_ERROR(invalid_argument, memory_unmap, member, address, 2 * page_size);
    }
    EXPECT_ERROR(invalid_argument, memory_unmap, member, end, page_size);
    EXPECT_OK(memory_map, member, memory, end - page_size, 0, page_size, memory_permission::read);
    EXPECT_OK(memory_unmap, member, end - page_size, page_size);
    for (auto const& [entry, stack, buffer] :
         {std::array{user_begin, end, begin}, {begin, begin - 8, begin}, {begin, end, end}})
        EXPECT_ERROR(invalid_argument, thread_create, member, entry, stack, 0, lowest_priority,
                     buffer);
}

TEST(group, an_outsider_cannot_join) {
    auto const group = MUST(group_create);
    auto const endpoint = MUST(endpoint_create);
    EXPECT_ERROR(wrong_type, process_create, member_quota, 0, 'x', 0, 0, endpoint);
    EXPECT_ERROR(invalid_capability, process_create, member_quota, 0, 'x', 0, 0, empty_slot);
    EXPECT_ERROR(invalid_argument, process_create, member_quota, process_without_fpu, 'x', 0, 0,
                 group);
    EXPECT_ERROR(invalid_argument, capability_copy, self_process, group, 0x2, 0);
    auto outsider = TAKE(Child::create());
    auto const ours = TAKE(Child::create());
    EXPECT(TAKE(outsider.give(ours.process().index())) != 0);
    TAKE(outsider.start(
        [](Words const& words) {
            // Every slot it has, and the number of the group in its maker's table.
            for (Capability_index slot = 1; slot < 64; ++slot)
                EXPECT(!process_create(20 * 1024, 0, 'x', 0, 0, slot).ok());
            EXPECT_ERROR(invalid_capability, process_create, 20 * 1024, 0, 'x', 0, 0,
                         static_cast<Capability_index>(words[0]));
        },
        {group}));
    EXPECT_EQUAL(TAKE(outsider.wait()).state, Process_state::exited);
}

TEST(group, numbers_run_out_and_come_back) {
    auto const group = MUST(group_create);
    std::array<Capability_index, largest_group> members{};
    for (auto& member : members)
        member = TAKE(member_of(group));
    auto const used = TAKE(quota_used());
    EXPECT_ERROR(table_full, process_create, member_quota, 0, 'x', 0, 0, group);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    auto const fifth = described(members[4]);
    EXPECT_OK(process_destroy, members[4], 0);
    auto const again = described(TAKE(member_of(group)));
    EXPECT_EQUAL(again.region_begin, fifth.region_begin);
    EXPECT(again.member != fifth.member);
}

TEST(group, the_maker_pays_for_the_space_and_gets_it_back) {
    EXPECT_OK(capability_delete, MUST(group_create)); // the table has its page from now on
    auto const before = TAKE(quota_used());
    auto const group = MUST(group_create);
    auto const with_group = TAKE(quota_used());
    EXPECT(with_group - before >= 5 * page_size && with_group - before < 6 * page_size);
    auto const member = TAKE(member_of(group));
    auto const memory = MUST(memory_create, page_size);
    EXPECT_OK(memory_map, member, memory, region_bytes, 0, page_size, memory_permission::read);
    auto const described_member = described(member);
    EXPECT(described_member.quota_used >= 3 * page_size); // its own three tables
    EXPECT_OK(capability_delete, memory);
    EXPECT_OK(capability_delete, group); // the member keeps it
    EXPECT_OK(process_destroy, member, 0);
    EXPECT_OK(capability_delete, member);
    EXPECT_EQUAL(TAKE(quota_used()), before);
}

TEST(group, a_quota_without_room_for_it) {
    auto child = TAKE(Child::create(112 * 1024));
    TAKE(child.start([](Words const&) {
        Result<Capability_index> group{Capability_index{0}};
        for (unsigned i = 0; i < 8 && group.ok(); ++i)
            group = group_create();
        EXPECT_ANSWER(quota_exceeded, group_create, group.error());
    }));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

} // namespace
} // namespace conformance
