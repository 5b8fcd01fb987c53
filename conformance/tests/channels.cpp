// SPDX-License-Identifier: MIT
// Channels to other machines. What needs another one is a system test with dom0
// (qemu-tests/tests/cooperation.py).
#include "tests/common.hpp"

namespace {

using namespace conformance;

constexpr uint64_t controller = 0;         // the machine that there always is
constexpr uint64_t largest_number = 32751; // that a machine may have

Capability_index own_system() { return inherited().system; }

TEST(channel, is_an_interrupt) {
    auto const made = MUST(channel_create, own_system(), controller);
    auto const notification = MUST(notification_create);
    EXPECT(made.port != 0);
    EXPECT_OK(interrupt_bind, made.interrupt, notification);
    EXPECT_OK(interrupt_acknowledge, made.interrupt);
    EXPECT_OK(interrupt_raise, made.interrupt); // nobody is connected: nobody hears it
    EXPECT_ERROR(timed_out, notification_wait, notification, at_once);
}

TEST(channel, number_is_used_again) {
    uint64_t first = 0;
    for (int i = 0; i < 2000; ++i) {
        auto const made = MUST(channel_create, own_system(), controller);
        first = i == 0 ? made.port : first;
        EXPECT_EQUAL(made.port, first);
        EXPECT_OK(capability_delete, made.interrupt);
    }
}

// A process of little quota makes channels until that is used up.
void make_many(Words const& words) {
    auto const system = static_cast<Capability_index>(words[0]);
    auto made = channel_create(system, controller);
    for (int i = 0; made.ok() && i < 8192; ++i)
        made = channel_create(system, controller);
    bool const known = made.error() == Error::quota_exceeded || made.error() == Error::table_full;
    EXPECT(known);
    if (made.error() == Error::quota_exceeded)
        EXPECT_ANSWER(quota_exceeded, channel_create, made.error());
}

TEST(channel, is_paid_by_who_makes_it) {
    auto child = TAKE(Child::create(Child::usual_quota));
    auto const system = TAKE(child.give(own_system(), system_permission::grants));
    TAKE(child.start(make_many, {system}));
    TAKE(child.wait());
}

TEST(channel, create_wants_authority_and_sense) {
    auto const weak = TAKE(copy(own_system(), system_permission::information));
    EXPECT_ERROR(invalid_capability, channel_create, empty_slot, controller);
    EXPECT_ERROR(wrong_type, channel_create, self_process, controller);
    EXPECT_ERROR(permission_denied, channel_create, weak, controller);
    EXPECT_ERROR(invalid_argument, channel_create, own_system(), largest_number + 1);
    TESTED_ELSEWHERE(not_supported, channel_create,
                     "hostunit/kernel/channel_test.cpp: that_cannot_be_leave_nothing");
    TESTED_ELSEWHERE(out_of_memory, channel_create,
                     "hostunit/kernel/channel_test.cpp: that_lack_a_frame_leave_nothing");
    TESTED_ELSEWHERE(table_full, channel_create,
                     "hostunit/kernel/channel_test.cpp: that_cannot_be_leave_nothing");
}

} // namespace
