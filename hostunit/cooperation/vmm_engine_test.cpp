// SPDX-License-Identifier: MIT
// The VMM side's engine against messages that are made here.
#include "vmm_fixture.hpp"

namespace {

using samples::now;

TEST_F(Vmm_engine, a_configuration_that_no_guest_would_accept_is_refused) {
    auto const begin = [](auto change) {
        coop_vmm begun;
        auto bad = Vmm_engine::config();
        change(bad);
        return coop_vmm_begin(&begun, &bad, now);
    };
    EXPECT_EQ(begin([](auto&) {}), COOP_OK);
    EXPECT_EQ(begin([](auto& c) { c.instance = 0; }), COOP_ERROR_RANGE);
    EXPECT_EQ(begin([](auto& c) { c.ceiling = 0; }), COOP_ERROR_RANGE);
    EXPECT_EQ(begin([](auto& c) { c.ceiling = 65; }), COOP_ERROR_RANGE);
    EXPECT_EQ(begin([](auto& c) { c.burst = 0; }), COOP_ERROR_RANGE);
    EXPECT_EQ(begin([](auto& c) { c.tolerated = 0; }), COOP_ERROR_RANGE);
    EXPECT_EQ(begin([](auto& c) { c.turn_away = COOP_REASONS; }), COOP_ERROR_VALUE);
    EXPECT_EQ(begin([](auto& c) { c.report_period = 0; }), COOP_ERROR_TIME);
    EXPECT_EQ(begin([](auto& c) { c.reclaim_time = 0; }), COOP_ERROR_TIME);
    EXPECT_EQ(begin([](auto& c) { c.answer_time = 0; }), COOP_ERROR_TIME);
    EXPECT_EQ(begin([](auto& c) { c.answer_time = COOP_ANSWER_TIME + 1; }), COOP_ERROR_TIME);
}

TEST_F(Vmm_engine, welcomes_with_what_both_sides_can) {
    auto hello = samples::hello();
    hello.body.hello.version_most = 9;
    hello.body.hello.capabilities = COOP_TAKES | 1u << 20;
    hello.body.hello.report_period = 50'000'000;
    hello.body.hello.reclaim_time = 3'000'000;
    hello.body.hello.processors = 5;
    ASSERT_EQ(receive(hello), COOP_OK);
    EXPECT_EQ(event.type, COOP_VMM_BEGUN);
    auto const welcome = sent();
    EXPECT_EQ(coop_message_check(&welcome, COOP_FROM_VMM), COOP_OK);
    EXPECT_EQ(welcome.body.welcome.version, COOP_VERSION);
    EXPECT_EQ(welcome.body.welcome.capabilities, static_cast<uint32_t>(COOP_TAKES));
    EXPECT_EQ(welcome.body.welcome.report_period, 50'000'000u);
    EXPECT_EQ(welcome.body.welcome.reclaim_time, 3'000'000u);
    EXPECT_EQ(welcome.body.welcome.ceiling, 5);
    EXPECT_EQ(welcome.head.regarding, 1u);
}

TEST_F(Vmm_engine, the_notice_that_a_guest_asks_for_has_a_limit) {
    auto hello = samples::hello();
    hello.body.hello.reclaim_time = UINT64_MAX;
    ASSERT_EQ(receive(hello), COOP_OK);
    EXPECT_EQ(sent().body.welcome.reclaim_time, vmm.config.reclaim_most);
}

TEST_F(Vmm_engine, turns_away_with_a_reason) {
    auto hello = samples::hello();
    hello.body.hello.version_least = hello.body.hello.version_most = COOP_VERSION + 1;
    ASSERT_EQ(receive(hello), COOP_OK);
    EXPECT_EQ(event.type, COOP_VMM_TURNED);
    auto const welcome = sent();
    EXPECT_EQ(coop_message_check(&welcome, COOP_FROM_VMM), COOP_OK);
    EXPECT_EQ(welcome.body.welcome.reason, COOP_REASON_VERSION);
    EXPECT_EQ(vmm.session, 0u);
    vmm.config.turn_away = COOP_REASON_ADMINISTRATOR;
    ASSERT_EQ(receive(samples::hello()), COOP_OK);
    EXPECT_EQ(sent().body.welcome.reason, COOP_REASON_ADMINISTRATOR);
}

TEST_F(Vmm_engine, hello_for_a_predecessor_is_left_over) {
    auto hello = samples::hello();
    --hello.body.hello.instance;
    EXPECT_EQ(receive(hello), COOP_ERROR_SESSION);
    EXPECT_EQ(vmm.misbehaviour, 0u);
    EXPECT_EQ(receive(samples::request()), COOP_ERROR_SESSION); // no session yet
}

TEST_F(Vmm_engine, a_request_is_answered_exactly_once) {
    join();
    auto const answer = samples::answer(2, 2).body.answer;
    EXPECT_EQ(coop_vmm_answer(&vmm, &answer, now), COOP_ERROR_REGARDING);
    ASSERT_EQ(receive(samples::request()), COOP_OK);
    EXPECT_EQ(event.type, COOP_VMM_REQUESTED);
    EXPECT_EQ(receive(samples::request(3)), COOP_ERROR_OUTSTANDING);
    ASSERT_EQ(coop_vmm_answer(&vmm, &answer, now), COOP_OK);
    auto const message = sent();
    EXPECT_EQ(message.head.regarding, 2u);
    EXPECT_EQ(message.head.sequence, 2u);
    EXPECT_EQ(coop_vmm_answer(&vmm, &answer, now), COOP_ERROR_REGARDING);
    EXPECT_EQ(tick(now + COOP_PATIENCE), COOP_VMM_NOTHING);
}

TEST_F(Vmm_engine, an_answer_that_cannot_be_leaves_the_request_open) {
    join();
    ASSERT_EQ(receive(samples::request()), COOP_OK);
    auto answer = samples::answer(2, 2).body.answer;
    answer.outcome = 0;
    EXPECT_EQ(coop_vmm_answer(&vmm, &answer, now), COOP_ERROR_VALUE);
    EXPECT_EQ(vmm.request.head.sequence, 2u);
}

TEST_F(Vmm_engine, what_nobody_decides_is_answered_in_time) {
    join();
    ASSERT_EQ(receive(samples::request()), COOP_OK);
    EXPECT_EQ(coop_vmm_next(&vmm), now + vmm.config.answer_time);
    EXPECT_EQ(tick(now + vmm.config.answer_time - 1), COOP_VMM_NOTHING);
    EXPECT_EQ(tick(now + vmm.config.answer_time), COOP_VMM_UNDECIDED);
    EXPECT_EQ(event.message.head.sequence, 2u);
    EXPECT_EQ(sent().body.answer.outcome, COOP_LATER);
    auto urgent = samples::request(3);
    urgent.body.request.by = now + 10;
    ASSERT_EQ(receive(urgent), COOP_OK);
    EXPECT_EQ(coop_vmm_next(&vmm), now + 10);
    EXPECT_EQ(tick(now + 10), COOP_VMM_UNDECIDED);
    auto const message = sent();
    EXPECT_EQ(message.body.answer.outcome, COOP_REFUSED_NOW);
    EXPECT_EQ(message.body.answer.reason, COOP_REASON_EXPIRED);
}

TEST_F(Vmm_engine, an_offer_is_replied_to_once) {
    join();
    ASSERT_EQ(offer(), COOP_OK);
    EXPECT_EQ(sent().head.sequence, 2u);
    EXPECT_EQ(offer(), COOP_ERROR_OUTSTANDING);
    EXPECT_EQ(receive(samples::done(2, 9)), COOP_ERROR_REGARDING);
    ASSERT_EQ(receive(samples::done(3, 2)), COOP_OK);
    EXPECT_EQ(event.type, COOP_VMM_OFFER_REPLIED);
    EXPECT_EQ(event.transfer.processors, 0b1100u);
    EXPECT_FALSE(event.late);
    EXPECT_EQ(receive(samples::done(4, 2)), COOP_ERROR_REGARDING);
    EXPECT_EQ(receive(samples::done(3, 2)), COOP_ERROR_REPLAY);
}

TEST_F(Vmm_engine, replies_that_do_not_fit_leave_the_offer_open) {
    join();
    ASSERT_EQ(offer(), COOP_OK);
    auto reply = samples::done(2, 2);
    reply.body.reply.processors = 0b0010;
    EXPECT_EQ(receive(reply), COOP_ERROR_MASK);
    reply = samples::done(3, 2);
    reply.body.reply.online = 0x100 | 0b1111;
    EXPECT_EQ(receive(reply), COOP_ERROR_MASK);
    reply = samples::done(4, 2);
    reply.body.reply.processors = 0b1000;
    EXPECT_EQ(receive(reply), COOP_ERROR_CONTRADICTION);
    EXPECT_EQ(vmm.offer.sequence, 2u);
}

TEST_F(Vmm_engine, an_overdue_offer_is_told_once_and_may_still_be_replied_to) {
    join();
    ASSERT_EQ(offer(), COOP_OK);
    uint64_t const deadline = now + 5'000'000;
    EXPECT_EQ(coop_vmm_next(&vmm), deadline);
    EXPECT_EQ(tick(deadline), COOP_VMM_OFFER_OVERDUE);
    EXPECT_EQ(tick(deadline), COOP_VMM_NOTHING);
    EXPECT_EQ(offer(), COOP_ERROR_OUTSTANDING); // exactly one reply: it is still owed
    time = deadline;
    ASSERT_EQ(receive(samples::done(2, 2)), COOP_OK);
    EXPECT_TRUE(event.late);
}

TEST_F(Vmm_engine, a_reclaim_that_is_overdue_is_enforced_until_it_is_met) {
    join();
    ASSERT_EQ(reclaim(), COOP_OK);
    uint64_t const deadline = now + 5'000'000;
    EXPECT_EQ(tick(deadline), COOP_VMM_RECLAIM_OVERDUE);
    EXPECT_EQ(event.transfer.processors, 0b1100u);
    EXPECT_EQ(status().enforced, 1);
    EXPECT_EQ(status().enforcements, 1u);
    EXPECT_EQ(tick(deadline + 1), COOP_VMM_NOTHING);
    ASSERT_EQ(receive(samples::given(2, 2)), COOP_OK);
    EXPECT_EQ(event.type, COOP_VMM_RECLAIM_REPLIED);
    EXPECT_EQ(status().enforced, 0);
    EXPECT_EQ(coop_vmm_next(&vmm), UINT64_MAX);
}

TEST_F(Vmm_engine, a_refusal_in_time_ends_a_reclaim_and_a_late_one_does_not_end_enforcement) {
    join();
    ASSERT_EQ(reclaim(), COOP_OK);
    ASSERT_EQ(receive(samples::refused(2, 2)), COOP_OK);
    EXPECT_EQ(vmm.reclaim_due, 0u);
    ASSERT_EQ(reclaim(), COOP_OK);
    time = now + 5'000'000; // late, and told before the tick
    ASSERT_EQ(receive(samples::refused(3, 3)), COOP_OK);
    EXPECT_TRUE(event.late);
    EXPECT_EQ(tick(time), COOP_VMM_RECLAIM_OVERDUE);
    ASSERT_EQ(reclaim(), COOP_OK);
    EXPECT_EQ(status().enforced, 1);
    ASSERT_EQ(receive(samples::given(4, 4)), COOP_OK);
    EXPECT_EQ(status().enforced, 0);
}

TEST_F(Vmm_engine, a_new_session_does_not_postpone_a_reclaim) {
    join();
    ASSERT_EQ(reclaim(), COOP_OK);
    uint64_t const deadline = now + 5'000'000;
    for (uint32_t session = 8; session < 12; ++session) {
        auto hello = samples::hello();
        hello.head.session = session;
        ASSERT_EQ(receive(hello), COOP_OK);
        EXPECT_EQ(event.voided_reclaim, 0b1100u);
        time += 1'000'000;
        ASSERT_EQ(reclaim(), COOP_OK); // asked again, with a later deadline
    }
    EXPECT_EQ(coop_vmm_next(&vmm), deadline);
    EXPECT_EQ(tick(deadline), COOP_VMM_RECLAIM_OVERDUE);
    coop_vmm_relent(&vmm);
    EXPECT_EQ(status().enforced, 0);
}

TEST_F(Vmm_engine, a_reclaim_gives_the_notice_that_was_agreed_upon) {
    join();
    auto body = samples::transfer(COOP_RECLAIM, 2).body.transfer;
    body.deadline = now + vmm.agreed.reclaim_time - 1;
    EXPECT_EQ(coop_vmm_reclaim(&vmm, &body, now), COOP_ERROR_TIME);
    body.deadline = now - 1;
    EXPECT_EQ(coop_vmm_reclaim(&vmm, &body, now), COOP_ERROR_TIME);
    EXPECT_EQ(vmm.reclaim_due, 0u);
}

TEST_F(Vmm_engine, decisions_without_session_or_agreement_are_refused) {
    EXPECT_EQ(offer(), COOP_ERROR_STATE);
    EXPECT_EQ(reclaim(), COOP_ERROR_STATE);
    auto hello = samples::hello();
    hello.body.hello.capabilities = COOP_REPORTS;
    ASSERT_EQ(receive(hello), COOP_OK);
    EXPECT_EQ(offer(), COOP_ERROR_UNAGREED);
    EXPECT_EQ(reclaim(), COOP_ERROR_UNAGREED);
    EXPECT_EQ(receive(samples::request()), COOP_ERROR_UNAGREED);
    EXPECT_EQ(receive(samples::release(3)), COOP_ERROR_UNAGREED);
    vmm.agreed.capabilities |= COOP_GIVES | COOP_TAKES;
    auto body = samples::transfer(COOP_RECLAIM, 2).body.transfer;
    body.manner = COOP_MANNER_PARK;
    EXPECT_EQ(coop_vmm_reclaim(&vmm, &body, now), COOP_ERROR_UNAGREED);
    EXPECT_EQ(offer(0x100), COOP_ERROR_MASK);
}

TEST_F(Vmm_engine, releases_are_told) {
    join();
    ASSERT_EQ(receive(samples::release()), COOP_OK);
    EXPECT_EQ(event.type, COOP_VMM_RELEASED);
    EXPECT_EQ(event.message.body.release.processors, 0b1000u);
    auto beyond = samples::release(3);
    beyond.body.release.processors = 0x100;
    EXPECT_EQ(receive(beyond), COOP_ERROR_MASK);
    auto request = samples::request(4);
    request.body.request.wanted = 9;
    EXPECT_EQ(receive(request), COOP_ERROR_RANGE);
}

TEST_F(Vmm_engine, a_message_that_is_missing_ends_the_session) {
    join();
    ASSERT_EQ(offer(), COOP_OK);
    EXPECT_EQ(receive(samples::request(3)), COOP_ERROR_GAP);
    EXPECT_EQ(event.type, COOP_VMM_ENDED);
    EXPECT_EQ(event.voided_offer, 0b1100u);
    EXPECT_EQ(status().session, 0u);
    EXPECT_EQ(status().standing, COOP_STANDING_WATCHED);
}

TEST_F(Vmm_engine, a_guest_that_leaves_ends_the_session) {
    join();
    coop_vmm_look(&vmm, COOP_SIDE_OPEN, &event);
    EXPECT_EQ(event.type, COOP_VMM_NOTHING);
    coop_vmm_look(&vmm, COOP_SIDE_CLOSED, &event);
    EXPECT_EQ(event.type, COOP_VMM_ENDED);
    coop_vmm_look(&vmm, COOP_SIDE_CLOSED, &event);
    EXPECT_EQ(event.type, COOP_VMM_NOTHING);
}

TEST_F(Vmm_engine, an_answer_always_finds_room) {
    // A guest that replies to what it was not told yet makes its VMM side's outbox grow.
    join();
    uint32_t guest = 2;
    uint32_t ours = 2;
    while (offer() == COOP_OK)
        ASSERT_EQ(receive(samples::refused(guest++, ours++)), COOP_OK);
    EXPECT_EQ(offer(), COOP_ERROR_FULL);
    ASSERT_EQ(receive(samples::request(guest++)), COOP_OK);
    auto const answer = samples::answer(2, 2).body.answer;
    EXPECT_EQ(coop_vmm_answer(&vmm, &answer, now), COOP_OK);
    EXPECT_EQ(receive(samples::request(guest++)), COOP_ERROR_STATE);
}

TEST_F(Vmm_engine, good_reports_are_kept) {
    join();
    EXPECT_EQ(report(samples::report(1)), COOP_OK);
    EXPECT_EQ(report(samples::report(1)), COOP_ERROR_EMPTY);
    EXPECT_EQ(report(samples::report(3)), COOP_OK);
    EXPECT_EQ(report(samples::report(2)), COOP_ERROR_REGRESS);
    EXPECT_EQ(vmm.report.number, 3u);
    auto other = samples::report(4);
    other.session = 99;
    EXPECT_EQ(report(other), COOP_ERROR_SESSION);
    other = samples::report(4);
    other.processors = 9;
    EXPECT_EQ(report(other), COOP_ERROR_RANGE);
    other = samples::report(4);
    other.zero = 1;
    EXPECT_EQ(report(other), COOP_ERROR_ZERO);
    vmm.agreed.capabilities &= ~static_cast<uint32_t>(COOP_CHARACTERISTICS);
    other = samples::report(4);
    other.group = 8;
    EXPECT_EQ(report(other), COOP_ERROR_UNAGREED);
    vmm.agreed.capabilities = 0;
    EXPECT_EQ(report(samples::report(4)), COOP_ERROR_ABSENT);
    coop_vmm_look(&vmm, COOP_SIDE_CLOSED, &event);
    EXPECT_EQ(report(samples::report(4)), COOP_ERROR_ABSENT);
}

TEST_F(Vmm_engine, reports_begin_anew_with_a_session) {
    join();
    ASSERT_EQ(report(samples::report(5)), COOP_OK);
    auto hello = samples::hello();
    hello.head.session = 8;
    ASSERT_EQ(receive(hello), COOP_OK);
    auto first = samples::report(1);
    first.session = 8;
    EXPECT_EQ(report(first), COOP_OK);
}

} // namespace
