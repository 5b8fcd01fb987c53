// SPDX-License-Identifier: MIT
// What a domain's messages may cost, and what becomes of one that breaks the rules.
#include "vmm_fixture.hpp"

namespace {

using samples::now;

class Misbehaviour : public Vmm_engine {
protected:
    coop_message garbage() {
        auto message = samples::request();
        message.head.type = 99;
        return message;
    }
};

TEST_F(Misbehaviour, a_flood_waits_outside_and_is_no_violation) {
    EXPECT_EQ(coop_vmm_budget(&vmm, now), 16u);
    for (int i = 0; i < 16; ++i)
        ASSERT_EQ(receive_as_budgeted(samples::request()), COOP_ERROR_SESSION);
    EXPECT_EQ(coop_vmm_budget(&vmm, now), 0u);
    EXPECT_EQ(receive_as_budgeted(samples::hello()), COOP_ERROR_FLOOD);
    EXPECT_EQ(vmm.session, 0u);
    EXPECT_EQ(vmm.misbehaviour, 0u);
    EXPECT_EQ(vmm.errors[COOP_ERROR_FLOOD], 1u);
    EXPECT_EQ(coop_vmm_next(&vmm), now + vmm.config.interval);
    EXPECT_EQ(coop_vmm_budget(&vmm, now + vmm.config.interval - 1), 0u);
    EXPECT_EQ(coop_vmm_budget(&vmm, now + 3 * vmm.config.interval), 3u);
    EXPECT_EQ(coop_vmm_budget(&vmm, now + 1000 * vmm.config.interval), 16u);
}

TEST_F(Misbehaviour, over_any_time_no_more_is_taken_than_the_rate_allows) {
    uint64_t taken = 0;
    for (time = now; time < now + 1000 * vmm.config.interval; time += vmm.config.interval / 3)
        while (receive_as_budgeted(samples::request()) != COOP_ERROR_FLOOD)
            ++taken;
    EXPECT_GE(taken, 1000u);
    EXPECT_LE(taken, 1016u);
}

TEST_F(Misbehaviour, a_clock_that_goes_back_gives_nothing) {
    vmm.tokens = 0;
    EXPECT_EQ(coop_vmm_budget(&vmm, now - 1'000'000'000), 0u);
}

TEST_F(Misbehaviour, violations_are_counted_and_forgotten) {
    join();
    EXPECT_EQ(status().standing, COOP_STANDING_GOOD);
    for (uint32_t i = 1; i < vmm.config.tolerated; ++i)
        EXPECT_EQ(receive(garbage()), COOP_ERROR_TYPE);
    EXPECT_EQ(status().standing, COOP_STANDING_WATCHED);
    EXPECT_EQ(status().misbehaviour, 7u);
    EXPECT_EQ(vmm.state, COOP_VMM_JOINED);
    time = now + 7 * vmm.config.forgiven; // nothing was said meanwhile
    EXPECT_EQ(status().standing, COOP_STANDING_GOOD);
    EXPECT_EQ(status().misbehaviour, 7u); // known for ever
}

TEST_F(Misbehaviour, too_many_violations_suspend) {
    join();
    ASSERT_EQ(offer(), COOP_OK);
    for (uint32_t i = 0; i < vmm.config.tolerated; ++i) {
        EXPECT_EQ(vmm.state, COOP_VMM_JOINED);
        receive(garbage());
    }
    EXPECT_EQ(event.type, COOP_VMM_ENDED);
    EXPECT_EQ(event.voided_offer, 0b1100u);
    auto const shown = status();
    EXPECT_EQ(shown.standing, COOP_STANDING_SUSPENDED);
    EXPECT_EQ(shown.session, 0u);
    EXPECT_EQ(shown.suspended_until, now + vmm.config.suspension);
    EXPECT_EQ(coop_vmm_budget(&vmm, now), 0u);
    EXPECT_EQ(receive(samples::hello()), COOP_ERROR_STATE);
    EXPECT_EQ(coop_vmm_next(&vmm), shown.suspended_until);
    EXPECT_EQ(tick(shown.suspended_until - 1), COOP_VMM_NOTHING);
    EXPECT_EQ(tick(shown.suspended_until), COOP_VMM_FORGIVEN);
    time = shown.suspended_until;
    EXPECT_EQ(receive(samples::hello()), COOP_OK);
    EXPECT_EQ(status().suspended_until, 0u);
}

TEST_F(Misbehaviour, a_suspension_does_not_let_a_reclaim_go) {
    join();
    ASSERT_EQ(reclaim(), COOP_OK);
    for (uint32_t i = 0; i < vmm.config.tolerated; ++i)
        receive(garbage());
    EXPECT_EQ(event.voided_reclaim, 0b1100u);
    EXPECT_EQ(tick(now + 5'000'000), COOP_VMM_RECLAIM_OVERDUE);
}

TEST_F(Misbehaviour, replays_and_lies_count) {
    join();
    ASSERT_EQ(receive(samples::release(2)), COOP_OK);
    EXPECT_EQ(receive(samples::release(2)), COOP_ERROR_REPLAY);
    EXPECT_EQ(receive(samples::hello()), COOP_ERROR_REPLAY);
    coop_vmm_violation(&vmm, COOP_ERROR_CONTRADICTION, time, &event);
    EXPECT_EQ(event.type, COOP_VMM_NOTHING);
    EXPECT_EQ(status().misbehaviour, 3u);
    for (coop_error const harmless : {COOP_OK, COOP_ERROR_EMPTY, COOP_ERROR_FULL, COOP_ERROR_ABSENT,
                                      COOP_ERROR_BUSY, COOP_ERROR_SESSION, COOP_ERROR_FLOOD})
        coop_vmm_violation(&vmm, harmless, time, &event);
    EXPECT_EQ(status().misbehaviour, 3u);
}

TEST_F(Misbehaviour, the_same_bad_report_costs_each_time_it_is_looked_at) {
    join();
    auto bad = samples::report();
    bad.online = 0;
    for (uint32_t i = 0; i < vmm.config.tolerated; ++i)
        EXPECT_EQ(report(bad), COOP_ERROR_MASK);
    EXPECT_EQ(event.type, COOP_VMM_ENDED);
    EXPECT_EQ(vmm.state, COOP_VMM_SUSPENDED);
}

} // namespace
