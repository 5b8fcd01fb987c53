// SPDX-License-Identifier: MIT
#include "framework/child.hpp"
#include "framework/test.hpp"

namespace {

using namespace conformance;

constexpr Capability_index empty_slot = 1000;
constexpr uint64_t most_slots = 4096; // of a table

TEST(capability, slot_1_is_the_process) {
    auto const own = MUST(capability_information, self_process);
    EXPECT_EQUAL(own.type, Object_type::process);
    EXPECT_EQUAL(own.permissions, process_permission::all);
    EXPECT_EQUAL(own.badge, 0);
}

} // namespace
