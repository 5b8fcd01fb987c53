// SPDX-License-Identifier: MIT
// Both sides on the shared pages.
#include "pair.hpp"

namespace {

TEST(Stock, joins_whoever_starts_first) {
    Pair pair;
    pair.join();
    EXPECT_EQ(pair.status().session, pair.guest.engine.session);
    Pair other;
    other.start_guest();
    other.run_on_edges();
    EXPECT_EQ(other.guest.engine.state, COOP_GUEST_APART);
    other.start_vmm();
    other.run_on_edges();
    EXPECT_EQ(other.guest.engine.state, COOP_GUEST_JOINED);
}

TEST(Stock, pages_that_are_not_of_this_protocol_are_left_alone) {
    Pair pair;
    auto const config = Pair::vmm_config(1);
    EXPECT_EQ(coop_stock_vmm_begin(&pair.vmm, &config, pair.guest_page.get(), pair.vmm_page.get(),
                                   pair.now),
              COOP_ERROR_MAGIC);
    pair.start_guest();
    auto bad = config;
    bad.ceiling = 0;
    EXPECT_EQ(
        coop_stock_vmm_begin(&pair.vmm, &bad, pair.guest_page.get(), pair.vmm_page.get(), pair.now),
        COOP_ERROR_RANGE);
    EXPECT_EQ(pair.vmm_page->side.magic, 0u);
}

TEST(Stock, a_processor_is_requested_offered_taken_and_given_back) {
    Pair pair;
    pair.join();
    ASSERT_EQ(pair.request(), COOP_OK);
    pair.run_on_edges();
    ASSERT_EQ(pair.vmm_events.back().type, COOP_VMM_REQUESTED);
    ASSERT_EQ(pair.answer(COOP_GRANTED), COOP_OK);
    ASSERT_EQ(pair.offer(0b1110), COOP_OK);
    EXPECT_EQ(pair.status().offered, 0b1110u);
    pair.run_on_edges();
    ASSERT_EQ(pair.guest_events.size(), 2u);
    EXPECT_EQ(pair.guest_events[0].type, COOP_GUEST_ANSWERED);
    EXPECT_EQ(pair.guest_events[1].type, COOP_GUEST_OFFERED);
    ASSERT_EQ(pair.reply(COOP_OFFER, true), COOP_OK);
    pair.run_on_edges();
    EXPECT_EQ(pair.vmm_events.back().type, COOP_VMM_OFFER_REPLIED);
    EXPECT_EQ(pair.vmm_events.back().message.body.reply.online, 0b1111u);
    ASSERT_EQ(pair.reclaim(0b1000), COOP_OK);
    pair.run_on_edges();
    EXPECT_EQ(pair.guest_events.back().type, COOP_GUEST_RECLAIMED);
    ASSERT_EQ(pair.reply(COOP_RECLAIM, true), COOP_OK);
    pair.run_on_edges();
    EXPECT_EQ(pair.vmm_events.back().type, COOP_VMM_RECLAIM_REPLIED);
    EXPECT_EQ(pair.status().reclaimed, 0u);
}

TEST(Stock, reports_are_read_without_a_message) {
    Pair pair;
    coop_vmm_event event;
    pair.start();
    EXPECT_EQ(coop_stock_vmm_report(&pair.vmm, pair.now, &event), COOP_ERROR_ABSENT);
    auto report = samples::report();
    coop_stock_guest_report(&pair.guest, &report, pair.now); // not joined: nothing is written
    EXPECT_EQ(pair.guest_page->report.number, 0u);
    pair.run_on_edges();
    EXPECT_EQ(coop_stock_vmm_report(&pair.vmm, pair.now, &event), COOP_ERROR_SESSION);
    coop_stock_guest_report(&pair.guest, &report, ++pair.now);
    EXPECT_EQ(coop_stock_vmm_report(&pair.vmm, pair.now, &event), COOP_OK);
    EXPECT_EQ(pair.vmm.engine.report.demand, 2500u);
    EXPECT_EQ(coop_stock_vmm_report(&pair.vmm, pair.now, &event), COOP_ERROR_EMPTY);
    pair.guest_page->report.changes |= 1;
    EXPECT_EQ(coop_stock_vmm_report(&pair.vmm, pair.now, &event), COOP_ERROR_BUSY);
    EXPECT_EQ(pair.vmm.engine.misbehaviour, 0u);
    EXPECT_FALSE(pair.vmm_edge);
}

TEST(Stock, the_vmm_side_restarts_and_the_guest_joins_it_anew) {
    Pair pair;
    pair.join();
    ASSERT_EQ(pair.request(), COOP_OK);
    auto const before = pair.guest.engine.session;
    pair.start_vmm(); // the request was for its predecessor
    pair.run_on_edges();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
    EXPECT_NE(pair.guest.engine.session, before);
    EXPECT_EQ(pair.guest_events.front().type, COOP_GUEST_LOST);
    EXPECT_EQ(pair.vmm.engine.misbehaviour, 0u);
    EXPECT_EQ(pair.request(), COOP_OK);
}

TEST(Stock, the_guests_manager_restarts_and_joins_anew) {
    Pair pair;
    pair.join();
    ASSERT_EQ(pair.offer(0b10), COOP_OK);
    pair.start_guest();
    pair.guest_edge = true; // it looks once, at its start
    pair.run_on_edges();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
    ASSERT_EQ(pair.vmm_events.back().type, COOP_VMM_BEGUN);
    EXPECT_EQ(pair.vmm_events.back().voided_offer, 0b10u);
    EXPECT_EQ(pair.vmm.engine.misbehaviour, 0u);
    for (auto const& event : pair.guest_events)
        EXPECT_NE(event.type, COOP_GUEST_OFFERED); // its predecessor's
}

TEST(Stock, a_guest_leaves_for_a_save_and_joins_on_new_pages) {
    Pair pair;
    pair.join();
    ASSERT_EQ(pair.offer(0b10), COOP_OK);
    coop_stock_guest_leave(&pair.guest);
    pair.guest_turn();
    pair.vmm_edge = true;
    pair.run_on_edges();
    EXPECT_EQ(pair.vmm_events.back().type, COOP_VMM_ENDED);
    EXPECT_EQ(pair.status().session, 0u);
    Pair restored;
    restored.join();
}

TEST(Stock, the_vmm_side_leaves_and_comes_back) {
    Pair pair;
    pair.join();
    coop_stock_vmm_close(&pair.vmm, pair.now);
    pair.guest_edge = true;
    pair.run_on_edges();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_APART);
    EXPECT_EQ(pair.vmm_page->side.state, static_cast<uint32_t>(COOP_SIDE_CLOSED));
    pair.start_vmm();
    pair.run_on_edges();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
}

TEST(Stock, what_does_not_fit_the_ring_is_sent_when_the_other_side_took_some) {
    Pair pair;
    pair.join();
    auto const release = samples::release().body.release;
    unsigned sent = 0;
    while (coop_guest_release(&pair.guest.engine, &release, pair.now) == COOP_OK) {
        ++sent;
        pair.guest_turn();
    }
    EXPECT_EQ(sent, unsigned{COOP_RING_SLOTS} + unsigned{COOP_OUTBOX_MESSAGES});
    pair.run_on_edges(); // the full ring's edge brings the rest
    unsigned released = 0;
    for (auto const& event : pair.vmm_events)
        released += event.type == COOP_VMM_RELEASED;
    EXPECT_EQ(released, sent);
    EXPECT_EQ(pair.vmm.engine.misbehaviour, 0u);
}

TEST(Stock, a_guest_with_impossible_counts_is_suspended_and_recovers) {
    Pair pair;
    pair.join();
    for (int i = 0; i < 8; ++i) {
        pair.guest_page->side.produced += 1000;
        pair.vmm_turn();
    }
    EXPECT_EQ(pair.vmm.engine.state, COOP_VMM_SUSPENDED);
    EXPECT_EQ(pair.vmm.engine.errors[COOP_ERROR_RING], 8u);
    pair.start_guest();
    pair.guest_edge = true;
    pair.run_on_edges();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_APART);
    pair.now = coop_guest_next(&pair.guest.engine);
    pair.guest_edge = pair.vmm_edge = true; // both have a timer for it
    pair.run_on_edges();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
}

TEST(Stock, an_impossible_count_of_taken_messages_is_a_violation) {
    Pair pair;
    pair.join();
    for (int i = 0; i < 8; ++i) {
        pair.guest_page->side.consumed = 1000;
        pair.offer(0b10); // stays in the outbox; outstanding afterwards
    }
    EXPECT_EQ(pair.vmm.engine.state, COOP_VMM_SUSPENDED);
    EXPECT_EQ(pair.vmm_events.back().type, COOP_VMM_ENDED);
}

TEST(Stock, a_vmm_side_with_impossible_counts_costs_its_session) {
    Pair pair;
    pair.join();
    pair.vmm_page->side.produced += 1000;
    pair.guest_turn();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
    pair.vmm.out.count = pair.vmm_page->side.produced; // goes on there: what was lost is a gap
    pair.vmm.engine.sent.last += 3;
    ASSERT_EQ(pair.offer(0b10), COOP_OK);
    pair.guest_turn();
    EXPECT_EQ(pair.guest_events.back().type, COOP_GUEST_LOST);
    pair.now += COOP_PATIENCE;
    pair.guest_edge = true;
    pair.run_on_edges();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
}

TEST(Stock, a_flood_is_taken_at_the_rate_and_the_rest_waits) {
    Pair pair;
    pair.join();
    for (int i = 0; i < 1000; ++i) {
        auto message = samples::request();
        message.head.type = 99;
        coop_producer_put(&pair.guest.out, &message);
        pair.vmm_turn();
    }
    EXPECT_EQ(pair.vmm.engine.state, COOP_VMM_SUSPENDED);
    EXPECT_EQ(pair.vmm.engine.misbehaviour, pair.vmm.engine.config.tolerated);
}

TEST(Stock, a_page_that_is_overwritten_ends_the_session_only) {
    Pair pair;
    pair.join();
    memset(static_cast<void*>(pair.guest_page.get()), 0x5a, sizeof(coop_guest_page));
    pair.vmm_turn();
    EXPECT_EQ(pair.vmm_events.front().type, COOP_VMM_ENDED);
    pair.vmm_turn();
    memset(static_cast<void*>(pair.guest_page.get()), 0, sizeof(coop_guest_page));
    pair.start_guest();
    pair.guest_edge = true;
    for (int i = 0; i < 10; ++i) {
        pair.now += COOP_PATIENCE + pair.vmm.engine.config.suspension;
        pair.guest_edge = pair.vmm_edge = true;
        pair.run_on_edges();
    }
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
}

TEST(Stock, a_status_that_cannot_be_read_says_nothing_new) {
    Pair pair;
    pair.join();
    pair.vmm_page->status.changes |= 1;
    pair.guest_turn();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
    pair.vmm_page->status.changes += 1;
    pair.vmm_page->status.number = 0;
    pair.guest_turn();
    EXPECT_EQ(pair.guest.engine.state, COOP_GUEST_JOINED);
}

} // namespace
