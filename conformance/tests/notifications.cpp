// SPDX-License-Identifier: MIT
#include "tests/common.hpp"

namespace {

using namespace conformance;

TEST(notification, signal_sets_bit_0) {
    auto const bell = MUST(notification_create);
    EXPECT_OK(notification_signal, bell);
    EXPECT_EQUAL(MUST(notification_wait, bell, at_once), 1);
    EXPECT_ERROR(timed_out, notification_wait, bell, at_once);
}

TEST(notification, signals_gather_until_somebody_takes_them) {
    auto const bell = MUST(notification_create);
    uint64_t expected = 0;
    for (uint64_t bit = 1; bit != 0; bit <<= 1) {
        auto const badged = TAKE(copy(bell, notification_permission::signal, bit));
        EXPECT_OK(notification_signal, badged);
        EXPECT_OK(notification_signal, badged); // twice is once
        EXPECT_OK(capability_delete, badged);
        expected |= bit;
    }
    EXPECT_EQUAL(MUST(notification_wait, bell, at_once), expected);
    EXPECT_ERROR(timed_out, notification_wait, bell, at_once);
}

TEST(notification, wait_is_woken) {
    auto const bell = MUST(notification_create);
    auto const badged = TAKE(copy(bell, notification_permission::signal, 0x80));
    uint64_t bits = 0;
    Peer waiter{[&] { bits = MUST(notification_wait, bell, forever); }};
    TAKE(waiter.start());
    EXPECT(others_wait());
    EXPECT(!waiter.done());
    EXPECT_OK(notification_signal, badged);
    EXPECT(waiter.wait());
    EXPECT_EQUAL(bits, 0x80);
    EXPECT_ERROR(timed_out, notification_wait, bell, at_once);
}

TEST(notification, wait_has_a_deadline) {
    auto const bell = MUST(notification_create);
    uint64_t const deadline = after(5 * millisecond);
    EXPECT_ERROR(timed_out, notification_wait, bell, deadline);
    EXPECT(lavandin::now() >= deadline);
    EXPECT_ERROR(timed_out, notification_wait, bell, 1);
    EXPECT_OK(notification_signal, bell);
    EXPECT_EQUAL(MUST(notification_wait, bell, 1), 1); // what is there is taken, however late
}

TEST(notification, signal_beats_a_later_deadline) {
    auto const bell = MUST(notification_create);
    Peer ringer{[&] {
        sleep_for(2 * millisecond);
        EXPECT_OK(notification_signal, bell);
    }};
    TAKE(ringer.start());
    EXPECT_OK(notification_wait, bell, soon());
    EXPECT(ringer.wait());
    // The deadline that was set is gone with the wait: nothing ends this sleep early.
    uint64_t const end = after(5 * millisecond);
    EXPECT_OK(thread_sleep, end);
    EXPECT(lavandin::now() >= end);
}

TEST(notification, one_waits_at_a_time) {
    auto const bell = MUST(notification_create);
    Peer waiter{[&] { static_cast<void>(notification_wait(bell, soon())); }};
    TAKE(waiter.start());
    EXPECT(others_wait());
    EXPECT_ERROR(busy, notification_wait, bell, soon());
    EXPECT_OK(notification_signal, bell);
    EXPECT(waiter.wait());
}

TEST(notification, wants_the_permissions) {
    auto const bell = MUST(notification_create);
    auto const mute = TAKE(copy(bell, notification_permission::wait));
    auto const deaf = TAKE(copy(bell, notification_permission::signal));
    EXPECT_ERROR(permission_denied, notification_signal, mute);
    EXPECT_ERROR(permission_denied, notification_wait, deaf, at_once);
    for (Capability_index const none : {Capability_index{0}, empty_slot, beyond_table}) {
        EXPECT_ERROR(invalid_capability, notification_signal, none);
        EXPECT_ERROR(invalid_capability, notification_wait, none, at_once);
    }
    EXPECT_ERROR(wrong_type, notification_signal, self_process);
    EXPECT_ERROR(wrong_type, notification_wait, self_process, at_once);
}

TEST(notification, crosses_processes) {
    auto const bell = MUST(notification_create);
    auto child = TAKE(Child::create());
    auto const slot = TAKE(child.give(bell, notification_permission::signal, 0x10));
    TAKE(child.start(
        [](Words const& words) {
            for (int i = 0; i < 1000; ++i)
                EXPECT_OK(notification_signal, static_cast<Capability_index>(words[0]));
        },
        {slot}));
    EXPECT_EQUAL(MUST(notification_wait, bell, soon()), 0x10);
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

TEST(notification, many_rounds_between_two_threads) {
    TAKE(keep_to_one_processor()); // for time; parallel.signals_go_to_and_fro has two
    auto const ping = MUST(notification_create);
    auto const pong = MUST(notification_create);
    Peer other{[&] {
        for (int i = 0; i < 2000; ++i) {
            EXPECT_OK(notification_wait, ping, soon());
            EXPECT_OK(notification_signal, pong);
        }
    }};
    TAKE(other.start());
    for (int i = 0; i < 2000; ++i) {
        EXPECT_OK(notification_signal, ping);
        EXPECT_OK(notification_wait, pong, soon());
    }
    EXPECT(other.wait());
}

} // namespace
