// SPDX-License-Identifier: MIT
// A table of capabilities that grows until it is full.
#include "tests/common.hpp"

namespace {

using namespace conformance;

constexpr uint64_t enough_slots = 4000; // "thousands" is what the table promises

// Fills the own table; answers how many copies it took, or 0.
uint64_t fill_table(Capability_index& last) {
    uint64_t count = 0;
    auto copied = copy(self_process, all_permissions);
    for (; copied.ok(); copied = copy(self_process, all_permissions)) {
        last = copied.value();
        ++count;
    }
    return EXPECT_ANSWER(table_full, capability_copy, copied.error()) ? count : 0;
}

TEST(capability_table, grows_to_thousands_of_slots) {
    Capability_index last = 0;
    EXPECT(fill_table(last) >= enough_slots);
    EXPECT_EQUAL(MUST(capability_information, last).type, Object_type::process);
    EXPECT_ERROR(invalid_capability, capability_information, last + 1000);
    EXPECT_OK(capability_delete, last);
    EXPECT_OK(endpoint_create);
    EXPECT_ERROR(table_full, endpoint_create);
}

TEST(capability_table, full_one_refuses_all_that_make_objects) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    auto const thread_buffer = layout::fresh_addresses(page_size);
    Capability_index last = 0;
    EXPECT(fill_table(last) != 0);
    auto const used = TAKE(quota_used());
    auto const before = TAKE(system_counters());
    EXPECT_ERROR(table_full, process_create, 64 * 1024, 0, 'x', 0, 0, 0);
    EXPECT_ERROR(table_full, thread_create, self_process, user_begin, user_end, 0, lowest_priority,
                 thread_buffer);
    EXPECT_ERROR(table_full, group_create);
    EXPECT_ERROR(table_full, endpoint_create);
    EXPECT_ERROR(table_full, reply_create);
    EXPECT_ERROR(table_full, notification_create);
    EXPECT_ERROR(table_full, memory_create, page_size);
    EXPECT_ERROR(table_full, memory_create_for, self_process, page_size);
    EXPECT_ERROR(table_full, clock_page);
    EXPECT_ERROR(table_full, processor_accounts, processor);
    EXPECT_ERROR(table_full, process_accounts, self_process);
    auto const now = TAKE(system_counters());
    for (unsigned type = 0; type < std::size(now.objects); ++type)
        EXPECT_EQUAL(now.objects[type], before.objects[type]);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    EXPECT_EQUAL(now.free_frames + now.pooled_page_tables + now.page_tables,
                 before.free_frames + before.pooled_page_tables + before.page_tables);
}

TEST(capability_table, full_one_of_another_process) {
    auto child = TAKE(Child::create(512 * 1024));
    auto given = child.give(self_process);
    while (given.ok())
        given = child.give(self_process);
    EXPECT_ANSWER(table_full, capability_copy, given.error());
}

} // namespace
