// SPDX-License-Identifier: MIT
// The guest's engine against messages that are made here.
#include "samples.hpp"

#include <cooperation/guest_engine.h>

#include <gtest/gtest.h>

namespace {

using samples::now;

class Guest_engine : public ::testing::Test {
protected:
    static constexpr coop_guest_config config{.capabilities = COOP_CAPABILITIES,
                                              .processors = 8,
                                              .processors_least = 1,
                                              .report_period = 10'000'000,
                                              .reclaim_time = 1'000'000,
                                              .patience = COOP_PATIENCE,
                                              .session = samples::session};
    coop_guest guest{};
    coop_guest_event event{};
    coop_vmm_view view{
        .state = COOP_SIDE_OPEN, .instance = samples::instance, .session = 0, .suspended_until = 0};

    Guest_engine() { coop_guest_begin(&guest, &config); }

    coop_guest_event_type look(uint64_t time = now) {
        coop_guest_look(&guest, &view, time, &event);
        return event.type;
    }
    coop_guest_event_type tick(uint64_t time) {
        coop_guest_tick(&guest, time, &event);
        return event.type;
    }
    coop_error receive(coop_message const& message) {
        return coop_guest_receive(&guest, &message, &event);
    }
    // What the engine sent; type 0 when it sent nothing.
    coop_message sent() {
        auto const* const first = coop_outbox_first(&guest.outbox);
        coop_message const message = first != nullptr ? *first : coop_message{};
        coop_outbox_drop(&guest.outbox);
        return message;
    }
    void join(coop_message const& welcome = samples::welcome()) {
        look();
        sent();
        ASSERT_EQ(receive(welcome), COOP_OK);
        view.session = samples::session;
    }
    static coop_request a_request() { return samples::request().body.request; }
    static coop_reply taken() { return samples::done(2, 2).body.reply; }
    static coop_reply given() { return samples::given(2, 2).body.reply; }
    static coop_reply refusal() { return samples::refused(2, 2).body.reply; }
};

TEST_F(Guest_engine, says_hello_when_the_other_side_is_open_and_joins) {
    view.state = COOP_SIDE_ABSENT;
    look();
    EXPECT_EQ(sent().head.type, 0);
    view = {COOP_SIDE_OPEN, 0, 0, 0};
    look();
    EXPECT_EQ(sent().head.type, 0); // no incarnation yet
    view.instance = samples::instance;
    look();
    auto const hello = sent();
    EXPECT_EQ(coop_message_check(&hello, COOP_FROM_GUEST), COOP_OK);
    EXPECT_EQ(hello.body.hello.instance, samples::instance);
    EXPECT_EQ(hello.head.session, samples::session);
    EXPECT_EQ(receive(samples::welcome()), COOP_OK);
    EXPECT_EQ(event.type, COOP_GUEST_WELCOMED);
    EXPECT_EQ(event.message.body.welcome.ceiling, 8);
    EXPECT_TRUE(coop_guest_agreed(&guest, COOP_CAPABILITIES));
    EXPECT_EQ(coop_guest_next(&guest), UINT64_MAX);
}

TEST_F(Guest_engine, hello_without_welcome_is_said_anew_with_another_number) {
    look();
    EXPECT_EQ(sent().head.session, samples::session);
    EXPECT_EQ(coop_guest_next(&guest), now + COOP_PATIENCE);
    EXPECT_EQ(tick(now + COOP_PATIENCE - 1), COOP_GUEST_NOTHING);
    EXPECT_EQ(tick(now + COOP_PATIENCE), COOP_GUEST_NOTHING);
    look(now + COOP_PATIENCE);
    EXPECT_EQ(sent().head.session, samples::session + 1);
    EXPECT_EQ(receive(samples::welcome()), COOP_ERROR_SESSION); // too late
}

TEST_F(Guest_engine, a_session_number_is_never_0) {
    guest.session = UINT32_MAX;
    look();
    EXPECT_EQ(sent().head.session, 1u);
}

TEST_F(Guest_engine, stays_away_where_it_is_turned_away_until_the_incarnation_changes) {
    auto welcome = samples::make(COOP_WELCOME, 1, 1);
    welcome.body.welcome.instance = samples::instance;
    welcome.body.welcome.reason = COOP_REASON_VERSION;
    look();
    sent();
    EXPECT_EQ(receive(welcome), COOP_OK);
    EXPECT_EQ(event.type, COOP_GUEST_TURNED_AWAY);
    look(now + 10 * COOP_PATIENCE);
    EXPECT_EQ(sent().head.type, 0);
    auto const request = a_request();
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_ERROR_STATE);
    EXPECT_EQ(receive(samples::answer(2, 2)), COOP_ERROR_STATE);
    ++view.instance;
    look(now);
    EXPECT_EQ(sent().head.type, COOP_HELLO);
}

TEST_F(Guest_engine, a_welcome_that_promises_too_much_is_dropped) {
    look();
    auto welcome = samples::welcome();
    welcome.body.welcome.version = COOP_VERSION + 1;
    EXPECT_EQ(receive(welcome), COOP_ERROR_RANGE);
    ++view.instance;
    look();
    welcome = samples::welcome();
    welcome.head.session = guest.session;
    welcome.body.welcome.instance = view.instance - 1; // of the predecessor
    EXPECT_EQ(receive(welcome), COOP_ERROR_SESSION);
    guest.config.capabilities = COOP_REPORTS;
    ++view.instance;
    look();
    welcome.head.session = guest.session;
    welcome.body.welcome.instance = view.instance;
    EXPECT_EQ(receive(welcome), COOP_ERROR_UNAGREED);
}

TEST_F(Guest_engine, a_second_welcome_is_a_replay) {
    join();
    EXPECT_EQ(receive(samples::welcome()), COOP_ERROR_REPLAY);
}

TEST_F(Guest_engine, a_welcome_that_comes_in_the_middle_has_no_number_left) {
    // Its sequence can only be 1, which was there: STATE is left to a side that lost its memory.
    join();
    guest.received.last = 0;
    EXPECT_EQ(receive(samples::welcome()), COOP_ERROR_STATE);
}

TEST_F(Guest_engine, one_request_is_open_at_a_time_and_answered_once) {
    auto request = a_request();
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_ERROR_STATE);
    join();
    ASSERT_EQ(coop_guest_request(&guest, &request, now), COOP_OK);
    auto const message = sent();
    EXPECT_EQ(message.head.type, COOP_REQUEST);
    EXPECT_EQ(message.head.sequence, 2u);
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_ERROR_OUTSTANDING);
    EXPECT_EQ(receive(samples::answer(2, 3)), COOP_ERROR_REGARDING);
    EXPECT_EQ(receive(samples::answer(3, 2)), COOP_OK);
    EXPECT_EQ(event.type, COOP_GUEST_ANSWERED);
    EXPECT_EQ(receive(samples::answer(3, 2)), COOP_ERROR_REPLAY);
    EXPECT_EQ(receive(samples::answer(4, 2)), COOP_ERROR_REGARDING);
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_OK);
}

TEST_F(Guest_engine, a_request_that_cannot_be_changes_nothing) {
    join();
    auto request = a_request();
    request.wanted = 9;
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_ERROR_RANGE);
    request = a_request();
    request.by = now;
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_ERROR_TIME);
    EXPECT_EQ(guest.request, 0u);
    EXPECT_EQ(guest.sent.last, 1u);
    EXPECT_EQ(sent().head.type, 0);
}

TEST_F(Guest_engine, a_request_that_nobody_answers_ends_the_session) {
    join();
    auto const request = a_request();
    ASSERT_EQ(coop_guest_request(&guest, &request, now), COOP_OK);
    sent();
    EXPECT_EQ(tick(now + COOP_PATIENCE), COOP_GUEST_LOST);
    look(now + COOP_PATIENCE);
    EXPECT_EQ(sent().head.session, samples::session + 1);
    EXPECT_EQ(receive(samples::answer(2, 2)), COOP_ERROR_SESSION);
}

TEST_F(Guest_engine, what_was_not_agreed_upon_is_not_done) {
    auto welcome = samples::welcome();
    welcome.body.welcome.capabilities = COOP_REPORTS;
    join(welcome);
    auto const request = a_request();
    auto release = samples::release().body.release;
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_ERROR_UNAGREED);
    EXPECT_EQ(coop_guest_release(&guest, &release, now), COOP_ERROR_UNAGREED);
    EXPECT_EQ(receive(samples::transfer(COOP_OFFER, 2)), COOP_ERROR_UNAGREED);
    EXPECT_EQ(receive(samples::transfer(COOP_RECLAIM, 3)), COOP_ERROR_UNAGREED);
    guest.agreed.capabilities |= COOP_GIVES;
    release.manner = COOP_MANNER_PARK;
    EXPECT_EQ(coop_guest_release(&guest, &release, now), COOP_ERROR_UNAGREED);
    auto reclaim = samples::transfer(COOP_RECLAIM, 4);
    reclaim.body.transfer.manner = COOP_MANNER_PARK;
    EXPECT_EQ(receive(reclaim), COOP_ERROR_UNAGREED);
}

TEST_F(Guest_engine, an_offer_is_replied_to_once) {
    join();
    auto reply = taken();
    EXPECT_EQ(coop_guest_reply(&guest, COOP_OFFER, &reply, now), COOP_ERROR_REGARDING);
    EXPECT_EQ(receive(samples::transfer(COOP_OFFER, 2)), COOP_OK);
    EXPECT_EQ(event.type, COOP_GUEST_OFFERED);
    EXPECT_EQ(receive(samples::transfer(COOP_OFFER, 3)), COOP_ERROR_OUTSTANDING);
    ASSERT_EQ(coop_guest_reply(&guest, COOP_OFFER, &reply, now), COOP_OK);
    auto const message = sent();
    EXPECT_EQ(message.head.type, COOP_DONE);
    EXPECT_EQ(message.head.regarding, 2u);
    EXPECT_EQ(coop_guest_reply(&guest, COOP_OFFER, &reply, now), COOP_ERROR_REGARDING);
}

TEST_F(Guest_engine, offers_of_processors_that_it_does_not_have_are_dropped) {
    join();
    EXPECT_EQ(receive(samples::transfer(COOP_OFFER, 2, 0x100)), COOP_ERROR_MASK);
}

TEST_F(Guest_engine, a_reply_must_fit_what_was_asked) {
    join();
    ASSERT_EQ(receive(samples::transfer(COOP_OFFER, 2)), COOP_OK);
    ASSERT_EQ(receive(samples::transfer(COOP_RECLAIM, 3)), COOP_OK);
    auto const offer = [&](auto change) {
        auto reply = taken();
        change(reply);
        return coop_guest_reply(&guest, COOP_OFFER, &reply, now);
    };
    auto const reclaim = [&](auto change) {
        auto reply = given();
        change(reply);
        return coop_guest_reply(&guest, COOP_RECLAIM, &reply, now);
    };
    EXPECT_EQ(offer([](auto& r) { r.processors = 0b0001; }), COOP_ERROR_MASK);
    EXPECT_EQ(offer([](auto& r) { r.online = 0b0111; }), COOP_ERROR_MASK);
    EXPECT_EQ(offer([](auto& r) { r.online = 0x10f; }), COOP_ERROR_MASK);
    EXPECT_EQ(offer([](auto& r) { r.processors = 0b0100; }), COOP_ERROR_CONTRADICTION);
    EXPECT_EQ(offer([](auto& r) { r.manner = COOP_MANNER_PARK; }), COOP_ERROR_CONTRADICTION);
    EXPECT_EQ(reclaim([](auto& r) { r.online = 0b0111; }), COOP_ERROR_MASK);
    EXPECT_EQ(reclaim([](auto& r) { r.manner = COOP_MANNER_ANY; }), COOP_ERROR_CONTRADICTION);
    guest.reclaim.transfer.manner = COOP_MANNER_STOP;
    EXPECT_EQ(reclaim([](auto&) {}), COOP_ERROR_CONTRADICTION);
    guest.reclaim.transfer.count = 1;
    EXPECT_EQ(reclaim([](auto&) {}), COOP_ERROR_RANGE);
    EXPECT_EQ(sent().head.type, 0);
    EXPECT_EQ(reclaim([](auto& r) {
                  r.processors = 0b1000;
                  r.manner = COOP_MANNER_STOP;
              }),
              COOP_OK);
    EXPECT_EQ(offer([](auto& r) {
                  r.processors = 0b0100;
                  r.reason = COOP_REASON_QUOTA;
              }),
              COOP_OK);
}

TEST_F(Guest_engine, a_refusal_names_its_reason) {
    join();
    ASSERT_EQ(receive(samples::transfer(COOP_RECLAIM, 2)), COOP_OK);
    auto reply = refusal();
    ASSERT_EQ(coop_guest_reply(&guest, COOP_RECLAIM, &reply, now), COOP_OK);
    auto const message = sent();
    EXPECT_EQ(message.head.type, COOP_REFUSED);
    EXPECT_EQ(message.body.reply.reason, COOP_REASON_PINNED);
    EXPECT_EQ(message.body.reply.detail, 77u);
}

TEST_F(Guest_engine, an_offer_nobody_works_on_is_refused_at_its_deadline) {
    join();
    auto const offer = samples::transfer(COOP_OFFER, 2);
    uint64_t const deadline = offer.body.transfer.deadline;
    ASSERT_EQ(receive(offer), COOP_OK);
    EXPECT_EQ(coop_guest_next(&guest), deadline);
    auto reply = taken();
    EXPECT_EQ(coop_guest_reply(&guest, COOP_OFFER, &reply, deadline), COOP_ERROR_TIME);
    EXPECT_EQ(coop_guest_work(&guest, COOP_OFFER, deadline), COOP_ERROR_TIME);
    EXPECT_EQ(tick(deadline - 1), COOP_GUEST_NOTHING);
    EXPECT_EQ(tick(deadline), COOP_GUEST_EXPIRED);
    auto const message = sent();
    EXPECT_EQ(message.head.type, COOP_REFUSED);
    EXPECT_EQ(message.body.reply.reason, COOP_REASON_EXPIRED);
    EXPECT_EQ(coop_guest_work(&guest, COOP_OFFER, deadline), COOP_ERROR_REGARDING);
}

TEST_F(Guest_engine, an_offer_that_is_worked_on_and_a_reclaim_wait_for_their_reply) {
    join();
    auto const offer = samples::transfer(COOP_OFFER, 2);
    uint64_t const late = offer.body.transfer.deadline + 1;
    ASSERT_EQ(receive(offer), COOP_OK);
    ASSERT_EQ(receive(samples::transfer(COOP_RECLAIM, 3)), COOP_OK);
    ASSERT_EQ(coop_guest_work(&guest, COOP_OFFER, now), COOP_OK);
    EXPECT_EQ(tick(late), COOP_GUEST_NOTHING);
    EXPECT_EQ(coop_guest_next(&guest), UINT64_MAX);
    auto reply = taken();
    EXPECT_EQ(coop_guest_reply(&guest, COOP_OFFER, &reply, late), COOP_OK);
    reply = given();
    EXPECT_EQ(coop_guest_reply(&guest, COOP_RECLAIM, &reply, late), COOP_OK);
}

TEST_F(Guest_engine, more_than_can_be_sent_is_full_and_changes_nothing) {
    join();
    auto const release = samples::release().body.release;
    ASSERT_EQ(receive(samples::transfer(COOP_OFFER, 2)), COOP_OK);
    for (int i = 0; i < COOP_OUTBOX_MESSAGES; ++i)
        ASSERT_EQ(coop_guest_release(&guest, &release, now), COOP_OK);
    auto const request = a_request();
    auto const reply = taken();
    EXPECT_EQ(coop_guest_release(&guest, &release, now), COOP_ERROR_FULL);
    EXPECT_EQ(coop_guest_request(&guest, &request, now), COOP_ERROR_FULL);
    EXPECT_EQ(coop_guest_reply(&guest, COOP_OFFER, &reply, now), COOP_ERROR_FULL);
    // An offer that expires meanwhile is refused when there is room, and nobody spins until then.
    uint64_t const late = now + 10'000'000;
    EXPECT_EQ(tick(late), COOP_GUEST_NOTHING);
    EXPECT_EQ(coop_guest_next(&guest), UINT64_MAX);
    EXPECT_EQ(sent().head.sequence, 2u);
    EXPECT_EQ(tick(late), COOP_GUEST_EXPIRED);
    for (uint32_t sequence = 3; sequence < 11; ++sequence)
        EXPECT_EQ(sent().head.sequence, sequence);
}

TEST_F(Guest_engine, a_message_that_is_missing_ends_the_session) {
    join();
    EXPECT_EQ(receive(samples::answer(4, 2)), COOP_ERROR_GAP);
    EXPECT_EQ(event.type, COOP_GUEST_LOST);
    view.session = 0;
    look(now + 1); // not in circles
    EXPECT_EQ(sent().head.type, 0);
    EXPECT_EQ(coop_guest_next(&guest), now + COOP_PATIENCE);
    tick(now + COOP_PATIENCE);
    look(now + COOP_PATIENCE);
    EXPECT_EQ(sent().head.session, samples::session + 1);
}

TEST_F(Guest_engine, a_restart_of_the_other_side_voids_what_was_open) {
    join();
    auto const request = a_request();
    ASSERT_EQ(coop_guest_request(&guest, &request, now), COOP_OK);
    ASSERT_EQ(receive(samples::transfer(COOP_OFFER, 2)), COOP_OK);
    ++view.instance;
    view.session = 0;
    EXPECT_EQ(look(now + 1), COOP_GUEST_LOST);
    auto const hello = sent();
    EXPECT_EQ(hello.head.type, COOP_HELLO);
    EXPECT_EQ(hello.body.hello.instance, view.instance);
    EXPECT_EQ(sent().head.type, 0); // the request went with its session
    auto const reply = taken();
    EXPECT_EQ(coop_guest_reply(&guest, COOP_OFFER, &reply, now), COOP_ERROR_REGARDING);
}

TEST_F(Guest_engine, a_suspension_is_waited_for) {
    join();
    view.session = 0;
    view.suspended_until = now + 100 * COOP_PATIENCE;
    EXPECT_EQ(look(now), COOP_GUEST_LOST);
    EXPECT_EQ(sent().head.type, 0);
    EXPECT_EQ(coop_guest_next(&guest), view.suspended_until);
    tick(view.suspended_until);
    look(view.suspended_until);
    EXPECT_EQ(sent().head.type, COOP_HELLO);
    view.suspended_until += 5; // while greeting
    look(view.suspended_until - 5);
    EXPECT_EQ(guest.state, COOP_GUEST_APART);
}

TEST_F(Guest_engine, the_other_side_leaves) {
    join();
    view.state = COOP_SIDE_CLOSED;
    EXPECT_EQ(look(), COOP_GUEST_LOST);
    EXPECT_EQ(look(), COOP_GUEST_NOTHING);
    EXPECT_EQ(sent().head.type, 0);
    EXPECT_EQ(coop_guest_next(&guest), UINT64_MAX);
}

TEST_F(Guest_engine, leaves_and_comes_back) {
    join();
    coop_guest_leave(&guest);
    look();
    EXPECT_EQ(sent().head.type, 0);
    EXPECT_EQ(receive(samples::transfer(COOP_OFFER, 2)), COOP_ERROR_SESSION);
    auto again = config;
    again.session = samples::session + 1;
    coop_guest_begin(&guest, &again);
    look();
    EXPECT_EQ(sent().head.session, again.session);
}

TEST_F(Guest_engine, malformed_messages_do_not_touch_the_sequence) {
    join();
    auto bad = samples::transfer(COOP_OFFER, 2);
    bad.body.transfer.zero = 1;
    EXPECT_EQ(receive(bad), COOP_ERROR_ZERO);
    EXPECT_EQ(receive(samples::transfer(COOP_OFFER, 2)), COOP_OK);
    EXPECT_EQ(guest.errors[COOP_ERROR_ZERO], 1u);
}

} // namespace
