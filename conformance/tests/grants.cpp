// SPDX-License-Identifier: MIT
// Memory shared with other machines. This machine plays both sides: it grants to itself, and copies
// from what it was granted. What needs another one is a system test (qemu-tests/tests/grants.py).
#include "tests/common.hpp"

#include <string.h>

namespace {

using namespace conformance;

constexpr uint64_t most_machines = 1000; // tried as our own number
constexpr uint64_t nobody = 32751;       // no machine ever has this number
constexpr uint64_t without_reference = 0xffff'ffff;

Capability_index own_system() { return inherited().system; }

uint64_t foreign(uint64_t machine, uint64_t reference) { return machine << 32 | reference; }

struct Region {
    Capability_index memory;
    char* bytes;
};

Result<Region> make_region(uint64_t pages) {
    auto const memory = TRY(memory_create(pages * page_size));
    uint64_t const address = layout::fresh_addresses(pages * page_size);
    TRY_VOID(memory_map(self_process, memory, address, 0, pages * page_size, read_write));
    return Region{memory, reinterpret_cast<char*>(address)};
}

// The number under which others know this machine: what is granted to it, it can read.
Result<uint64_t> own_number(Region const& region) {
    for (uint64_t machine = 0; machine < most_machines; ++machine) {
        auto const granted = TRY(grant_create(own_system(), region.memory, 0, machine, read_only));
        auto const read = grant_read(own_system(), region.memory, page_size,
                                     foreign(machine, granted.reference), 0, 1);
        TRY_VOID(capability_delete(granted.grant));
        if (read.ok())
            return machine;
    }
    return Error::not_mapped;
}

TEST(grant, is_read_and_written_by_reference) {
    auto const region = TAKE(make_region(2));
    uint64_t const self = TAKE(own_number(region));
    auto const granted = MUST(grant_create, own_system(), region.memory, 0, self, read_write);
    uint64_t const page = foreign(self, granted.reference);
    memcpy(region.bytes + 100, "from the page", 14);
    EXPECT_OK(grant_read, own_system(), region.memory, page_size + 5, page, 100, 14);
    EXPECT(memcmp(region.bytes + page_size + 5, "from the page", 14) == 0);
    memcpy(region.bytes + page_size, "to the page", 12);
    EXPECT_OK(grant_write, own_system(), region.memory, page_size, page, page_size - 12, 12);
    EXPECT(memcmp(region.bytes + page_size - 12, "to the page", 12) == 0);
    EXPECT_OK(grant_read, own_system(), region.memory, page_size, page, 0, page_size);
    EXPECT(memcmp(region.bytes, region.bytes + page_size, page_size) == 0);
}

TEST(grant, that_has_ended_cannot_be_used) {
    auto const region = TAKE(make_region(2));
    uint64_t const self = TAKE(own_number(region));
    for (bool const deleted : {false, true}) {
        auto const granted = MUST(grant_create, own_system(), region.memory, 0, self, read_only);
        uint64_t const page = foreign(self, granted.reference);
        EXPECT_OK(grant_read, own_system(), region.memory, page_size, page, 0, 1);
        if (deleted)
            EXPECT_OK(capability_delete, granted.grant);
        else
            EXPECT_OK(grant_end, granted.grant);
        EXPECT_ERROR(not_mapped, grant_read, own_system(), region.memory, page_size, page, 0, 1);
    }
}

TEST(grant, ends_when_its_memory_is_revoked) {
    auto const region = TAKE(make_region(2));
    uint64_t const self = TAKE(own_number(region));
    auto const lent = TAKE(copy(region.memory, read_only));
    auto const granted = MUST(grant_create, own_system(), lent, 0, self, read_only);
    uint64_t const page = foreign(self, granted.reference);
    EXPECT_OK(grant_read, own_system(), region.memory, page_size, page, 0, 1);
    EXPECT_OK(capability_revoke, region.memory);
    EXPECT_ERROR(not_mapped, grant_read, own_system(), region.memory, page_size, page, 0, 1);
    EXPECT_OK(grant_end, granted.grant); // it has ended
}

TEST(grant, for_reading_is_not_written) {
    auto const region = TAKE(make_region(2));
    uint64_t const self = TAKE(own_number(region));
    auto const granted = MUST(grant_create, own_system(), region.memory, 0, self, read_only);
    uint64_t const page = foreign(self, granted.reference);
    region.bytes[0] = 'a';
    region.bytes[page_size] = 'b';
    EXPECT_ERROR(not_mapped, grant_write, own_system(), region.memory, page_size, page, 0, 1);
    EXPECT_EQUAL(region.bytes[0], 'a');
}

TEST(grant, to_another_machine_is_not_ours_to_use) {
    auto const region = TAKE(make_region(2));
    uint64_t const self = TAKE(own_number(region));
    auto const granted = MUST(grant_create, own_system(), region.memory, 0, nobody, read_write);
    uint64_t const page = foreign(self, granted.reference);
    EXPECT_ERROR(not_mapped, grant_read, own_system(), region.memory, page_size, page, 0, 1);
    EXPECT_ERROR(not_mapped, grant_read, own_system(), region.memory, 0,
                 foreign(self, without_reference), 0, 1);
    EXPECT_ERROR(not_mapped, grant_write, own_system(), region.memory, 0,
                 foreign(self, without_reference), 0, 1);
    EXPECT_ERROR(not_mapped, grant_read, own_system(), region.memory, 0, foreign(nobody, 8), 0, 1);
}

TEST(grant, read_reaches_no_copy) {
    auto const region = TAKE(make_region(2));
    uint64_t const self = TAKE(own_number(region));
    auto const granted = MUST(grant_create, own_system(), region.memory, 0, self, read_only);
    auto const origin = TAKE(make_region(1));
    origin.bytes[0] = 'o';
    region.bytes[0] = 'n';
    auto const copied = MUST(memory_copy, origin.memory, 0, page_size);
    EXPECT_OK(grant_read, own_system(), copied, 0, foreign(self, granted.reference), 0, 1);
    EXPECT_EQUAL(origin.bytes[0], 'o');
}

TEST(grant, references_are_used_again) {
    auto const region = TAKE(make_region(1));
    uint64_t first = 0;
    for (int i = 0; i < 3000; ++i) {
        auto const granted = MUST(grant_create, own_system(), region.memory, 0, nobody, read_only);
        first = i == 0 ? granted.reference : first;
        EXPECT_EQUAL(granted.reference, first);
        EXPECT_OK(grant_end, granted.grant);
        EXPECT_OK(capability_delete, granted.grant);
    }
}

TEST(grant, references_run_out) {
    auto const region = TAKE(make_region(1));
    auto granted = grant_create(own_system(), region.memory, 0, nobody, read_only);
    unsigned count = 0;
    for (; granted.ok() && count < 4096; ++count)
        granted = grant_create(own_system(), region.memory, 0, nobody, read_only);
    EXPECT(count > 500);
    EXPECT_ANSWER(table_full, grant_create, granted.error());
}

// A process of little quota grants until that is used up.
void grant_much(Words const& words) {
    auto const system = static_cast<Capability_index>(words[0]);
    auto const memory = static_cast<Capability_index>(words[1]);
    auto granted = grant_create(system, memory, 0, nobody, read_only);
    for (int i = 0; granted.ok() && i < 4096; ++i)
        granted = grant_create(system, memory, 0, nobody, read_only);
    EXPECT_ANSWER(quota_exceeded, grant_create, granted.error());
}

TEST(grant, is_paid_by_who_makes_it) {
    auto const region = TAKE(make_region(1));
    auto child = TAKE(Child::create(Child::usual_quota));
    auto const system = TAKE(child.give(own_system(), system_permission::grants));
    auto const memory = TAKE(child.give(region.memory, read_only));
    TAKE(child.start(grant_much, {system, memory}));
    TAKE(child.wait());
}

TEST(grant, create_wants_authority_and_sense) {
    auto const memory = MUST(memory_create, page_size);
    auto const constant = TAKE(copy(memory, read_only));
    auto const weak = TAKE(copy(own_system(), system_permission::information));
    EXPECT_ERROR(invalid_capability, grant_create, empty_slot, memory, 0, nobody, read_only);
    EXPECT_ERROR(invalid_capability, grant_create, own_system(), empty_slot, 0, nobody, read_only);
    EXPECT_ERROR(wrong_type, grant_create, memory, memory, 0, nobody, read_only);
    EXPECT_ERROR(wrong_type, grant_create, own_system(), self_process, 0, nobody, read_only);
    EXPECT_ERROR(permission_denied, grant_create, weak, memory, 0, nobody, read_only);
    EXPECT_ERROR(permission_denied, grant_create, own_system(), constant, 0, nobody, read_write);
    EXPECT_ERROR(invalid_argument, grant_create, own_system(), memory, 1, nobody, read_only);
    EXPECT_ERROR(invalid_argument, grant_create, own_system(), memory, page_size, nobody,
                 read_only);
    EXPECT_ERROR(invalid_argument, grant_create, own_system(), memory, 0, nobody + 1, read_only);
    EXPECT_ERROR(invalid_argument, grant_create, own_system(), memory, 0, nobody, 0);
    EXPECT_ERROR(invalid_argument, grant_create, own_system(), memory, 0, nobody, read_execute);
    TESTED_ELSEWHERE(not_supported, grant_create,
                     "hostunit/kernel/grant_test.cpp: want_permissions_and_sense");
    TESTED_ELSEWHERE(out_of_memory, grant_create,
                     "hostunit/kernel/grant_test.cpp: that_lack_a_frame_leave_nothing");
}

TEST(grant, end_wants_a_grant) {
    auto const memory = MUST(memory_create, page_size);
    auto const granted = MUST(grant_create, own_system(), memory, 0, nobody, read_only);
    EXPECT_ERROR(invalid_capability, grant_end, empty_slot);
    EXPECT_ERROR(wrong_type, grant_end, memory);
    EXPECT_OK(grant_end, granted.grant);
    TESTED_ELSEWHERE(permission_denied, grant_end,
                     "hostunit/kernel/grant_test.cpp: want_permissions_and_sense");
    TESTED_ELSEWHERE(busy, grant_end, "hostunit/kernel/grant_test.cpp: in_use_do_not_end");
}

template <typename Copy>
void expect_limits(Copy copied) {
    auto const memory = MUST(memory_create, page_size);
    auto const weak = TAKE(copy(own_system(), system_permission::information));
    EXPECT(copied(empty_slot, memory, 0, nobody, 0, 1) == Error::invalid_capability);
    EXPECT(copied(own_system(), empty_slot, 0, nobody, 0, 1) == Error::invalid_capability);
    EXPECT(copied(memory, memory, 0, nobody, 0, 1) == Error::wrong_type);
    EXPECT(copied(weak, memory, 0, nobody, 0, 1) == Error::permission_denied);
    for (uint64_t const bytes : {uint64_t{0}, page_size + 1, ~uint64_t{0}})
        EXPECT(copied(own_system(), memory, 0, nobody, 0, bytes) == Error::invalid_argument);
    EXPECT(copied(own_system(), memory, 1, nobody, 0, page_size) == Error::invalid_argument);
    EXPECT(copied(own_system(), memory, 0, nobody, 1, page_size) == Error::invalid_argument);
    EXPECT(copied(own_system(), memory, page_size, nobody, 0, 1) == Error::invalid_argument);
    EXPECT(copied(own_system(), memory, 0, nobody + 1, 0, 1) == Error::invalid_argument);
}

TEST(grant, read_wants_authority_and_sense) {
    expect_limits([](Capability_index system, Capability_index memory, uint64_t offset,
                     uint64_t machine, uint64_t place, uint64_t bytes) {
        return grant_read(system, memory, offset, foreign(machine, 8), place, bytes).error();
    });
    auto const memory = MUST(memory_create, page_size);
    auto const constant = TAKE(copy(memory, read_only));
    EXPECT_ERROR(invalid_capability, grant_read, empty_slot, memory, 0, 0, 0, 1);
    EXPECT_ERROR(wrong_type, grant_read, memory, memory, 0, 0, 0, 1);
    EXPECT_ERROR(permission_denied, grant_read, own_system(), constant, 0, 0, 0, 1);
    EXPECT_ERROR(invalid_argument, grant_read, own_system(), memory, 0, 0, 0, 0);
    // Xen says so only in the middle of paging.
    TESTED_ELSEWHERE(busy, grant_read,
                     "hostunit/kernel/grant_test.cpp: copies_that_the_platform_refuses_say_so");
    TESTED_ELSEWHERE(not_supported, grant_read,
                     "hostunit/kernel/grant_test.cpp: copies_that_the_platform_refuses_say_so");
    TESTED_ELSEWHERE(out_of_memory, grant_read,
                     "hostunit/kernel/grant_test.cpp: reading_into_a_shared_page_takes_a_frame");
}

TEST(grant, write_wants_authority_and_sense) {
    expect_limits([](Capability_index system, Capability_index memory, uint64_t offset,
                     uint64_t machine, uint64_t place, uint64_t bytes) {
        return grant_write(system, memory, offset, foreign(machine, 8), place, bytes).error();
    });
    auto const memory = MUST(memory_create, page_size);
    auto const secret = TAKE(copy(memory, memory_permission::write));
    EXPECT_ERROR(invalid_capability, grant_write, empty_slot, memory, 0, 0, 0, 1);
    EXPECT_ERROR(wrong_type, grant_write, memory, memory, 0, 0, 0, 1);
    EXPECT_ERROR(permission_denied, grant_write, own_system(), secret, 0, 0, 0, 1);
    EXPECT_ERROR(invalid_argument, grant_write, own_system(), memory, 0, 0, 0, 0);
    TESTED_ELSEWHERE(busy, grant_write,
                     "hostunit/kernel/grant_test.cpp: copies_that_the_platform_refuses_say_so");
    TESTED_ELSEWHERE(not_supported, grant_write,
                     "hostunit/kernel/grant_test.cpp: copies_that_the_platform_refuses_say_so");
}

} // namespace
