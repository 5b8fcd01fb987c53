// SPDX-License-Identifier: MIT
// Capabilities: what a slot holds, copies, badges, deletion.
#include "tests/common.hpp"

namespace {

using namespace conformance;

TEST(capability, slot_1_is_the_process) {
    auto const own = MUST(capability_information, self_process);
    EXPECT_EQUAL(own.type, Object_type::process);
    EXPECT_EQUAL(own.permissions, process_permission::all);
    EXPECT_EQUAL(own.badge, 0);
}

TEST(capability, information_tells_every_type) {
    auto const samples = TAKE(make_samples());
    struct {
        Capability_index slot;
        Object_type type;
        Permissions permissions;
    } const expected[]{
        {samples.process, Object_type::process, process_permission::all},
        {samples.thread, Object_type::thread, thread_permission::all},
        {samples.endpoint, Object_type::endpoint, endpoint_permission::all},
        {samples.notification, Object_type::notification, notification_permission::all},
        {samples.memory, Object_type::memory, memory_permission::all},
        {samples.reply, Object_type::reply, reply_permission::all},
    };
    for (auto const& each : expected) {
        auto const information = MUST(capability_information, each.slot);
        EXPECT_EQUAL(information.type, each.type);
        EXPECT_EQUAL(information.permissions, each.permissions);
        EXPECT_EQUAL(information.badge, 0);
    }
    EXPECT_EQUAL(MUST(capability_information, samples.system).type, Object_type::system);
    TAKE(process_destroy(samples.process, 0));
}

TEST(capability, information_of_nothing) {
    EXPECT_ERROR(invalid_capability, capability_information, 0);
    EXPECT_ERROR(invalid_capability, capability_information, empty_slot);
    EXPECT_ERROR(invalid_capability, capability_information, beyond_table);
    EXPECT_ERROR(invalid_capability, capability_information, ~0U);
}

TEST(capability, copy_keeps_what_it_is_told_to) {
    auto const memory = MUST(memory_create, page_size);
    auto const weak = MUST(capability_copy, self_process, memory, read_only, 0);
    EXPECT_EQUAL(MUST(capability_information, weak).permissions, read_only);
    EXPECT_EQUAL(MUST(capability_information, memory).permissions, memory_permission::all);
}

TEST(capability, copy_never_adds_permissions) {
    auto const memory = MUST(memory_create, page_size);
    auto const weak = MUST(capability_copy, self_process, memory, read_only, 0);
    auto const wished = MUST(capability_copy, self_process, weak, all_permissions, 0);
    EXPECT_EQUAL(MUST(capability_information, wished).permissions, read_only);
    uint64_t const address = layout::fresh_addresses(page_size);
    EXPECT_ERROR(permission_denied, memory_map, self_process, wished, address, 0, page_size,
                 read_write);
}

TEST(capability, copy_without_a_permission) {
    auto const endpoint = MUST(endpoint_create);
    EXPECT_ERROR(invalid_argument, capability_copy, self_process, endpoint, 0, 0);
    EXPECT_ERROR(invalid_argument, capability_copy, self_process, endpoint, 0x8000, 0);
}

TEST(capability, copy_from_and_to_nothing) {
    auto const samples = TAKE(make_samples());
    for (Capability_index const none : {Capability_index{0}, empty_slot, beyond_table}) {
        EXPECT_ERROR(invalid_capability, capability_copy, self_process, none, all_permissions, 0);
        EXPECT_ERROR(invalid_capability, capability_copy, none, samples.memory, all_permissions, 0);
    }
    EXPECT_ERROR(wrong_type, capability_copy, samples.memory, samples.memory, all_permissions, 0);
    auto const weak = TAKE(copy(samples.process, process_permission::read));
    EXPECT_ERROR(permission_denied, capability_copy, weak, samples.memory, all_permissions, 0);
    TAKE(process_destroy(samples.process, 0));
}

TEST(capability, copy_to_a_process_that_has_ended) {
    auto const ended = TAKE(ended_process());
    EXPECT_ERROR(peer_died, capability_copy, ended, self_process, all_permissions, 0);
}

TEST(capability, badge_is_given_once) {
    auto const plain = MUST(endpoint_create);
    auto const badged = MUST(capability_copy, self_process, plain, all_permissions, 7);
    EXPECT_EQUAL(MUST(capability_information, badged).badge, 7);
    EXPECT_ERROR(invalid_argument, capability_copy, self_process, badged, all_permissions, 8);
    EXPECT_ERROR(invalid_argument, capability_copy, self_process, badged, all_permissions, 7);
    auto const kept = MUST(capability_copy, self_process, badged, all_permissions, 0);
    EXPECT_EQUAL(MUST(capability_information, kept).badge, 7);
    EXPECT_EQUAL(MUST(capability_information, plain).badge, 0);
}

TEST(capability, badge_uses_all_bits) {
    auto const notification = MUST(notification_create);
    auto const badged =
        MUST(capability_copy, self_process, notification, all_permissions, ~uint64_t{0});
    EXPECT_EQUAL(MUST(capability_information, badged).badge, ~uint64_t{0});
}

TEST(capability, badge_is_for_endpoints_and_notifications) {
    auto const samples = TAKE(make_samples());
    for (auto const slot : {samples.process, samples.thread, samples.memory, samples.reply,
                            samples.system, self_process})
        EXPECT_ERROR(wrong_type, capability_copy, self_process, slot, all_permissions, 1);
    TAKE(process_destroy(samples.process, 0));
}

TEST(capability, delete_empties_the_slot) {
    auto const endpoint = MUST(endpoint_create);
    EXPECT_OK(capability_delete, endpoint);
    EXPECT_ERROR(invalid_capability, capability_delete, endpoint);
    EXPECT_ERROR(invalid_capability, capability_information, endpoint);
    EXPECT_ERROR(invalid_capability, capability_delete, 0);
    EXPECT_ERROR(invalid_capability, capability_delete, beyond_table);
    EXPECT_ERROR(invalid_argument, capability_delete, self_process);
}

TEST(capability, object_lives_as_long_as_a_copy) {
    auto const before = TAKE(system_counters());
    auto const first = MUST(notification_create);
    auto const second = TAKE(copy(first, all_permissions));
    EXPECT_OK(capability_delete, first);
    EXPECT_OK(notification_signal, second);
    EXPECT_OK(capability_delete, second);
    auto const now = TAKE(system_counters());
    EXPECT_EQUAL(now.objects[number(Object_type::notification)],
                 before.objects[number(Object_type::notification)]);
}

TEST(capability, deleted_slots_are_used_again) {
    auto const used = TAKE(quota_used());
    for (int i = 0; i < 20000; ++i)
        EXPECT_OK(capability_delete, MUST(endpoint_create));
    EXPECT_EQUAL(TAKE(quota_used()), used);
}

TEST(capability, copies_in_another_process_count_for_its_quota) {
    constexpr uint64_t quota = 16 * 1024;
    auto const process = MUST(process_create, quota, 0, 'q', 0, 0, 0);
    auto const used = TAKE(quota_used());
    uint64_t copies = 0;
    auto copied = capability_copy(process, self_process, all_permissions, 0);
    for (; copied.ok(); copied = capability_copy(process, self_process, all_permissions, 0))
        ++copies;
    EXPECT_ANSWER(quota_exceeded, capability_copy, copied.error());
    EXPECT(copies > 100);
    EXPECT(TAKE(information_of(process)).quota_used <= quota);
    EXPECT_EQUAL(TAKE(quota_used()), used);
    EXPECT_OK(process_destroy, process, 0);
}

} // namespace
