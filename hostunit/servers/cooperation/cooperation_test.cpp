// SPDX-License-Identifier: MIT
// The guest's side as a whole against the protocol's own VMM side, page to page: sessions, reports,
// offers and reclaims with their failures, restarts of either side.
#include "fake_machine.hpp"

#include <cooperation/side.h>

namespace lavandin::resource_manager {
namespace {

using abi::Error;

class Cooperation_test : public testing::Test {
protected:
    static constexpr uint64_t period = 10 * millisecond;

    Cooperation_test() {
        machine.cooperation = &*cooperation;
        cooperation->begin(*own, *other, Fake_machine::count);
    }

    void start_vmm(uint32_t capabilities = COOP_CAPABILITIES,
                   coop_reason turn_away = COOP_REASON_NONE) {
        coop_vmm_config const config{.instance = coop_stock_vmm_instance(other.get()),
                                     .capabilities = capabilities,
                                     .ceiling = Fake_machine::count,
                                     .turn_away = static_cast<uint16_t>(turn_away),
                                     .entitlement = 2000,
                                     .report_period = agreed,
                                     .reclaim_time = 5 * millisecond,
                                     .reclaim_most = 100 * millisecond,
                                     .answer_time = 500 * millisecond,
                                     .burst = 64,
                                     .interval = millisecond,
                                     .tolerated = 8,
                                     .forgiven = second,
                                     .suspension = 10 * second};
        ASSERT_EQ(coop_stock_vmm_begin(&vmm, &config, own.get(), other.get(), machine.time),
                  COOP_OK);
        vmm_there = true;
        vmm_turn();
    }
    void join() {
        start_vmm();
        settle();
        ASSERT_EQ(vmm.engine.state, COOP_VMM_JOINED);
        events.clear();
        machine.history.clear();
    }
    void vmm_turn() {
        if (!vmm_there)
            return;
        coop_vmm_event event;
        for (int i = 0; i < 64 && coop_stock_vmm_step(&vmm, machine.time, &event) != 0; ++i)
            events.push_back(event);
        if (coop_stock_vmm_report(&vmm, machine.time, &event) == COOP_OK)
            ++reports;
        coop_allocation const allocation{machine.online(), 0, 0};
        coop_stock_vmm_flush(&vmm, &allocation, machine.time, &event);
        static_cast<void>(coop_stock_vmm_notify(&vmm));
    }
    void settle() {
        for (int i = 0; i < 4; ++i) {
            cooperation->look();
            vmm_turn();
        }
    }
    // Time passes as the guest asked to be woken.
    void run(uint64_t nanoseconds, uint64_t step = period) {
        uint64_t const end = machine.time + nanoseconds;
        while (machine.time < end) {
            uint64_t const next = std::clamp(cooperation->next(), machine.time + 1,
                                             std::min(end, machine.time + step));
            machine.pass(next - machine.time);
            if (cooperation->next() <= machine.time)
                cooperation->look();
            vmm_turn();
        }
    }
    coop_transfer transfer(uint64_t mask, unsigned count = 0) const {
        coop_transfer made{};
        made.processors = mask;
        made.count =
            static_cast<uint16_t>(count != 0 ? count : unsigned(__builtin_popcountll(mask)));
        made.deadline = machine.time + 50 * millisecond;
        made.reason = COOP_REASON_POLICY;
        return made;
    }
    void offer(coop_transfer const& what, uint32_t regarding = 0) {
        ASSERT_EQ(coop_vmm_offer(&vmm.engine, &what, regarding, machine.time), COOP_OK);
        vmm_turn();
        settle();
    }
    void reclaim(coop_transfer const& what) {
        ASSERT_EQ(coop_vmm_reclaim(&vmm.engine, &what, machine.time), COOP_OK);
        vmm_turn();
        settle();
    }
    // The replies of that kind so far.
    std::vector<coop_message> replies(coop_vmm_event_type type) const {
        std::vector<coop_message> found;
        for (auto const& event : events)
            if (event.type == type)
                found.push_back(event.message);
        return found;
    }
    coop_message only_reply(coop_vmm_event_type type) const {
        auto const found = replies(type);
        EXPECT_EQ(found.size(), 1u) << "exactly one reply";
        return found.empty() ? coop_message{} : found.front();
    }
    void need_more() {
        machine.load = 4;
        machine.ready = 4;
        run(600 * millisecond);
    }
    uint64_t violations() const { return vmm.engine.misbehaviour; }

    uint64_t agreed{period};
    Fake_machine machine;
    Steady_policy policy;
    uint64_t given{0};
    std::unique_ptr<coop_guest_page> own{new coop_guest_page{}};
    std::unique_ptr<coop_vmm_page> other{new coop_vmm_page{}};
    std::unique_ptr<Cooperation> cooperation{new Cooperation{machine, policy, given}};
    coop_stock_vmm vmm{};
    bool vmm_there{false};
    std::vector<coop_vmm_event> events;
    unsigned reports{0};
};

// Alone.

TEST_F(Cooperation_test, alone_it_never_wakes_and_never_looks_at_the_machine) {
    cooperation->look();
    EXPECT_EQ(cooperation->next(), UINT64_MAX);
    EXPECT_EQ(machine.observations, 0u);
    EXPECT_EQ(cooperation->state().connection,
              static_cast<uint64_t>(resource_manager_protocol::Connection::apart));
    EXPECT_EQ(cooperation->ask(2, second), Error::wrong_state);
    EXPECT_EQ(cooperation->give(1, second), Error::wrong_state);
}

TEST_F(Cooperation_test, a_guest_that_is_turned_away_stays_an_ordinary_one) {
    start_vmm(COOP_CAPABILITIES, COOP_REASON_ADMINISTRATOR);
    settle();
    run(20 * second, second);
    EXPECT_EQ(machine.observations, 0u);
    EXPECT_EQ(cooperation->state().turned_away, uint64_t{COOP_REASON_ADMINISTRATOR});
    EXPECT_EQ(machine.online(), 0b1111u);
}

// Reports.

TEST_F(Cooperation_test, reports_as_often_as_agreed_while_something_happens) {
    join();
    machine.load = 1.5;
    run(200 * millisecond);
    reports = 0;
    run(second);
    EXPECT_NEAR(reports, 100, 2);
    EXPECT_EQ(vmm.engine.report.online, 0b1111u);
    EXPECT_EQ(violations(), 0u);
}

TEST_F(Cooperation_test, reports_rarely_when_nothing_happens) {
    join();
    run(second);
    unsigned const looks = machine.observations;
    run(10 * second);
    EXPECT_LE(machine.observations - looks, 140u);
    EXPECT_GE(machine.observations - looks, 40u);
    machine.load = 1; // and is back at once
    run(500 * millisecond);
    reports = 0;
    run(second);
    EXPECT_GE(reports, 98u);
}

TEST_F(Cooperation_test, a_long_period_makes_no_longer_pauses) {
    agreed = 5 * period;
    join();
    run(second);
    unsigned const looks = machine.observations;
    run(10 * second);
    EXPECT_GE(machine.observations - looks, 50u);
    EXPECT_LE(machine.observations - looks, 140u);
}

TEST_F(Cooperation_test, without_the_capability_nothing_is_reported) {
    start_vmm(COOP_TAKES | COOP_GIVES);
    settle();
    run(second);
    EXPECT_EQ(vmm.engine.report.number, 0u);
    EXPECT_EQ(violations(), 0u);
}

TEST_F(Cooperation_test, characteristics_are_zero_unless_agreed) {
    start_vmm(COOP_REPORTS);
    settle();
    machine.load = 4;
    run(second);
    EXPECT_GT(vmm.engine.report.number, 0u);
    EXPECT_EQ(violations(), 0u) << "the VMM side refuses others";
}

// Requests.

TEST_F(Cooperation_test, fewer_are_asked_for_when_idle_and_given_when_reclaimed) {
    join();
    run(12 * second);
    ASSERT_FALSE(replies(COOP_VMM_REQUESTED).empty());
    coop_request const request = replies(COOP_VMM_REQUESTED).front().body.request;
    EXPECT_EQ(request.wanted, 1u);
    EXPECT_EQ(request.need, COOP_NEED_SURPLUS);
}

TEST_F(Cooperation_test, more_are_asked_for_when_threads_wait_and_taken_when_offered) {
    machine.states[2] = machine.states[3] = Processor_state::stopped;
    join();
    machine.load = 2;
    machine.ready = 3;
    run(200 * millisecond);
    auto const asked = replies(COOP_VMM_REQUESTED);
    ASSERT_EQ(asked.size(), 1u) << "one at a time";
    EXPECT_EQ(asked[0].body.request.wanted, 4u);
    coop_answer answer{};
    answer.outcome = COOP_GRANTED;
    answer.processors = 4;
    ASSERT_EQ(coop_vmm_answer(&vmm.engine, &answer, machine.time), COOP_OK);
    offer(transfer(0b1100), asked[0].head.sequence);
    auto const reply = only_reply(COOP_VMM_OFFER_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_DONE);
    EXPECT_EQ(reply.body.reply.processors, 0b1100u);
    EXPECT_EQ(machine.online(), 0b1111u);
    EXPECT_EQ(cooperation->state().outcome, uint64_t{COOP_GRANTED});
}

TEST_F(Cooperation_test, asking_by_hand_waits_for_the_answer_and_rests_the_policy) {
    join();
    EXPECT_EQ(cooperation->ask(5, second), Error::invalid_argument);
    ASSERT_EQ(cooperation->ask(2, 10 * second), Error::none);
    EXPECT_EQ(cooperation->ask(2, 10 * second), Error::busy);
    settle();
    resource_manager_protocol::Asked asked{};
    EXPECT_FALSE(cooperation->take_answer(asked));
    EXPECT_EQ(only_reply(COOP_VMM_REQUESTED).body.request.need, COOP_NEED_ADMINISTRATOR);
    coop_answer answer{};
    answer.outcome = COOP_REFUSED_NOW;
    answer.reason = COOP_REASON_ENTITLEMENT;
    answer.processors = 4;
    ASSERT_EQ(coop_vmm_answer(&vmm.engine, &answer, machine.time), COOP_OK);
    vmm_turn();
    settle();
    ASSERT_TRUE(cooperation->take_answer(asked));
    EXPECT_FALSE(cooperation->take_answer(asked)) << "once";
    EXPECT_EQ(asked.outcome, uint64_t{COOP_REFUSED_NOW});
    EXPECT_EQ(asked.reason, uint64_t{COOP_REASON_ENTITLEMENT});
    run(5 * second);
    EXPECT_EQ(replies(COOP_VMM_REQUESTED).size(), 1u);
}

TEST_F(Cooperation_test, moments_of_a_request_are_kept) {
    machine.states[2] = machine.states[3] = Processor_state::stopped;
    join();
    machine.slow = true;
    uint64_t const begin = machine.time;
    ASSERT_EQ(cooperation->ask(4, 10 * second), Error::none);
    machine.pass(3);
    settle();
    uint32_t const number = only_reply(COOP_VMM_REQUESTED).head.sequence;
    coop_answer answer{};
    answer.outcome = COOP_GRANTED;
    answer.processors = 4;
    ASSERT_EQ(coop_vmm_answer(&vmm.engine, &answer, machine.time), COOP_OK);
    machine.pass(5);
    offer(transfer(0b1100), number);
    machine.pass(7);
    EXPECT_EQ(cooperation->state().moved_at, 0u);
    machine.end_all();
    auto const state = cooperation->state();
    EXPECT_EQ(state.asked_at, begin);
    EXPECT_EQ(state.judged_at, begin + 3);
    EXPECT_EQ(state.decided_at, begin + 8);
    EXPECT_EQ(state.offered_at, begin + 8);
    EXPECT_EQ(state.moved_at, begin + 15);
    ASSERT_EQ(cooperation->ask(4, 10 * second), Error::none);
    EXPECT_EQ(cooperation->state().moved_at, 0u);
}

TEST_F(Cooperation_test, what_may_be_had_is_what_the_status_shows_now) {
    machine.states[1] = machine.states[2] = machine.states[3] = Processor_state::stopped;
    start_vmm();
    vmm.engine.config.ceiling = 1;
    vmm.engine.config.entitlement = 0;
    settle();
    ASSERT_EQ(vmm.engine.state, COOP_VMM_JOINED);
    EXPECT_EQ(cooperation->state().ceiling, 1u);
    EXPECT_EQ(cooperation->state().entitlement, 0u);
    machine.load = 1;
    machine.ready = 3;
    run(300 * millisecond);
    EXPECT_TRUE(replies(COOP_VMM_REQUESTED).empty());
    vmm.engine.config.ceiling = Fake_machine::count;
    vmm.engine.config.entitlement = 3000;
    run(300 * millisecond);
    ASSERT_FALSE(replies(COOP_VMM_REQUESTED).empty());
    EXPECT_EQ(replies(COOP_VMM_REQUESTED).front().body.request.wanted, 4u);
    EXPECT_EQ(cooperation->state().ceiling, 4u);
    EXPECT_EQ(cooperation->state().entitlement, 3000u);
}

// Offers.

TEST_F(Cooperation_test, an_offer_that_nobody_asked_for_is_refused_without_use) {
    machine.states[3] = Processor_state::stopped;
    join();
    offer(transfer(0b1000));
    auto const reply = only_reply(COOP_VMM_OFFER_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_REFUSED);
    EXPECT_EQ(reply.body.reply.reason, COOP_REASON_UNWANTED);
    EXPECT_EQ(machine.online(), 0b0111u);
}

TEST_F(Cooperation_test, an_offer_that_nobody_asked_for_is_taken_with_use) {
    machine.states[3] = Processor_state::parked;
    machine.states[2] = Processor_state::stopped;
    join();
    machine.load = 2;
    machine.ready = 1;
    run(300 * millisecond);
    offer(transfer(0b1100));
    auto const reply = only_reply(COOP_VMM_OFFER_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_DONE);
    EXPECT_EQ(reply.body.reply.processors, 0b1000u) << "as many as there is use for, parked first";
    EXPECT_EQ(reply.body.reply.reason, COOP_REASON_UNWANTED);
}

TEST_F(Cooperation_test, what_the_toolstack_took_away_is_not_taken) {
    machine.states[3] = Processor_state::absent;
    machine.taken_away = 0b1000;
    join();
    offer(transfer(0b1000), 1);
    auto const reply = only_reply(COOP_VMM_OFFER_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_REFUSED);
    EXPECT_EQ(reply.body.reply.reason, COOP_REASON_ADMINISTRATOR);
    EXPECT_EQ(reply.body.reply.processor, 3u);
}

TEST_F(Cooperation_test, where_xen_refuses_another_is_taken) {
    machine.states[2] = machine.states[3] = Processor_state::stopped;
    machine.refusals[2] = {static_cast<uint64_t>(Error::refused), {}};
    join();
    offer(transfer(0b1100, 1), 1);
    auto const reply = only_reply(COOP_VMM_OFFER_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_DONE);
    EXPECT_EQ(reply.body.reply.processors, 0b1000u);
    EXPECT_EQ(reply.body.reply.reason, COOP_REASON_NONE);
}

TEST_F(Cooperation_test, an_offer_is_replied_to_late_once_it_was_begun) {
    machine.states[3] = Processor_state::stopped;
    machine.slow = true;
    join();
    offer(transfer(0b1000), 1);
    EXPECT_TRUE(replies(COOP_VMM_OFFER_REPLIED).empty());
    run(100 * millisecond);
    machine.end_all();
    settle();
    EXPECT_EQ(only_reply(COOP_VMM_OFFER_REPLIED).head.type, COOP_DONE);
}

TEST_F(Cooperation_test, an_offer_seen_after_its_deadline_is_not_touched) {
    machine.states[3] = Processor_state::stopped;
    join();
    auto const what = transfer(0b1000);
    ASSERT_EQ(coop_vmm_offer(&vmm.engine, &what, 1, machine.time), COOP_OK);
    vmm_turn();
    machine.pass(second);
    settle();
    EXPECT_EQ(only_reply(COOP_VMM_OFFER_REPLIED).body.reply.reason, COOP_REASON_EXPIRED);
    EXPECT_TRUE(machine.history.empty());
    EXPECT_EQ(machine.online(), 0b0111u);
}

// Reclaims.

TEST_F(Cooperation_test, a_reclaim_is_followed_by_parking_for_short) {
    join();
    auto what = transfer(0b1110, 2);
    what.until = machine.time + 500 * millisecond;
    reclaim(what);
    auto const reply = only_reply(COOP_VMM_RECLAIM_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_DONE);
    EXPECT_EQ(reply.body.reply.processors, 0b1100u) << "the highest";
    EXPECT_EQ(reply.body.reply.manner, COOP_MANNER_PARK);
    EXPECT_EQ(reply.body.reply.online, 0b0011u);
    EXPECT_EQ(machine.states[3], Processor_state::parked);
    EXPECT_EQ(given, 0b1100u);
    EXPECT_TRUE(replies(COOP_VMM_RELEASED).empty()) << "a reclaim is no release";
}

TEST_F(Cooperation_test, a_reclaim_is_followed_by_stopping_for_long) {
    join();
    auto what = transfer(0b1000);
    what.until = machine.time + 60 * second;
    reclaim(what);
    EXPECT_EQ(only_reply(COOP_VMM_RECLAIM_REPLIED).body.reply.manner, COOP_MANNER_STOP);
    EXPECT_EQ(machine.states[3], Processor_state::stopped);
}

TEST_F(Cooperation_test, a_short_absence_that_becomes_long_is_stopped_after_all) {
    join();
    machine.load = 3;          // needs what is left
    reclaim(transfer(0b1000)); // nobody says for how long
    EXPECT_EQ(machine.states[3], Processor_state::parked);
    run(9 * second);
    EXPECT_EQ(machine.states[3], Processor_state::parked);
    run(2 * second);
    EXPECT_EQ(machine.states[3], Processor_state::stopped);
    EXPECT_TRUE(replies(COOP_VMM_RELEASED).empty());
}

TEST_F(Cooperation_test, a_reclaim_is_followed_late_rather_than_not_at_all) {
    join();
    machine.slow = true;
    machine.load = 4;
    reclaim(transfer(0b1000));
    run(200 * millisecond);
    EXPECT_NE(vmm.engine.enforced, 0);
    EXPECT_TRUE(replies(COOP_VMM_RECLAIM_REPLIED).empty());
    machine.end_all();
    settle();
    EXPECT_EQ(only_reply(COOP_VMM_RECLAIM_REPLIED).head.type, COOP_DONE);
    EXPECT_EQ(vmm.engine.enforced, 0);
}

TEST_F(Cooperation_test, a_reclaim_that_cannot_be_followed_for_long_is_refused) {
    join();
    machine.slow = true;
    auto const what = transfer(0b1000);
    reclaim(what);
    ASSERT_EQ(machine.begun.size(), 1u);
    EXPECT_EQ(machine.begun[0].deadline, what.deadline + Cooperation::lateness);
    machine.end_all(static_cast<uint64_t>(Error::timed_out));
    settle();
    auto const reply = only_reply(COOP_VMM_RECLAIM_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_REFUSED);
    EXPECT_EQ(reply.body.reply.reason, COOP_REASON_EXPIRED);
}

TEST_F(Cooperation_test, a_pinned_thread_is_named_in_the_refusal) {
    join();
    machine.refusals[2] = {static_cast<uint64_t>(Error::pinned), {7, 42, "worker"}};
    reclaim(transfer(0b0100));
    auto const reply = only_reply(COOP_VMM_RECLAIM_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_REFUSED);
    EXPECT_EQ(reply.body.reply.reason, COOP_REASON_PINNED);
    EXPECT_EQ(reply.body.reply.processor, 2u);
    EXPECT_EQ(reply.body.reply.detail, 42u);
    EXPECT_EQ(machine.online(), 0b1111u);
}

TEST_F(Cooperation_test, another_goes_where_one_is_pinned_and_part_is_given_where_all_are_not) {
    join();
    machine.refusals[3] = {static_cast<uint64_t>(Error::pinned), {7, 42, "worker"}};
    reclaim(transfer(0b1100));
    auto const reply = only_reply(COOP_VMM_RECLAIM_REPLIED);
    EXPECT_EQ(reply.head.type, COOP_DONE);
    EXPECT_EQ(reply.body.reply.processors, 0b0100u);
    EXPECT_EQ(reply.body.reply.reason, COOP_REASON_PINNED);
}

TEST_F(Cooperation_test, the_last_processor_stays) {
    machine.states = {Processor_state::online, Processor_state::stopped, Processor_state::stopped,
                      Processor_state::stopped};
    join();
    reclaim(transfer(0b0001));
    EXPECT_EQ(only_reply(COOP_VMM_RECLAIM_REPLIED).body.reply.reason, COOP_REASON_LAST);
    events.clear();
    machine.states[1] = Processor_state::online;
    auto what = transfer(0b0001);
    what.manner = COOP_MANNER_STOP; // the first one cannot be
    reclaim(what);
    EXPECT_EQ(only_reply(COOP_VMM_RECLAIM_REPLIED).body.reply.reason, COOP_REASON_LAST);
    EXPECT_EQ(machine.online(), 0b0011u);
}

TEST_F(Cooperation_test, one_that_somebody_else_moves_is_busy) {
    join();
    machine.slow = true;
    ASSERT_TRUE(machine.begin(3, Processor_action::park, UINT64_MAX));
    reclaim(transfer(0b1000));
    EXPECT_EQ(only_reply(COOP_VMM_RECLAIM_REPLIED).body.reply.reason, COOP_REASON_BUSY);
}

// By hand and by the toolstack.

TEST_F(Cooperation_test, what_leaves_otherwise_is_released) {
    join();
    machine.states[3] = Processor_state::absent; // xl vcpu-set
    machine.states[2] = Processor_state::parked; // by hand
    run(200 * millisecond);
    auto const released = replies(COOP_VMM_RELEASED);
    ASSERT_EQ(released.size(), 2u);
    EXPECT_EQ(released[0].body.release.processors | released[1].body.release.processors, 0b1100u);
    EXPECT_EQ(released[0].body.release.reason, COOP_REASON_ADMINISTRATOR);
    run(second);
    EXPECT_EQ(replies(COOP_VMM_RELEASED).size(), 2u) << "said once";
    EXPECT_EQ(violations(), 0u);
}

TEST_F(Cooperation_test, giving_by_hand_releases) {
    join();
    EXPECT_EQ(cooperation->give(5, second), Error::invalid_argument);
    ASSERT_EQ(cooperation->give(2, 60 * second), Error::none);
    settle();
    resource_manager_protocol::Asked asked{};
    ASSERT_TRUE(cooperation->take_answer(asked));
    EXPECT_EQ(asked.processors, 2u);
    EXPECT_EQ(machine.online(), 0b0011u);
    EXPECT_EQ(only_reply(COOP_VMM_RELEASED).body.release.processors, 0b1100u);
}

// Restarts.

TEST_F(Cooperation_test, a_vmm_side_that_restarts_is_joined_anew) {
    join();
    uint64_t const session = cooperation->state().session;
    start_vmm();
    settle();
    EXPECT_EQ(vmm.engine.state, COOP_VMM_JOINED);
    EXPECT_NE(cooperation->state().session, session);
    run(second);
    EXPECT_EQ(violations(), 0u);
}

TEST_F(Cooperation_test, what_was_open_is_void_when_the_vmm_side_restarts) {
    join();
    machine.slow = true;
    reclaim(transfer(0b1000));
    start_vmm();
    settle();
    events.clear();
    machine.end_all();
    settle();
    EXPECT_TRUE(replies(COOP_VMM_RECLAIM_REPLIED).empty());
    EXPECT_EQ(violations(), 0u);
}

TEST_F(Cooperation_test, a_request_by_hand_ends_when_the_vmm_side_goes) {
    join();
    ASSERT_EQ(cooperation->ask(2, second), Error::none);
    coop_stock_vmm_close(&vmm, machine.time);
    vmm_there = false;
    cooperation->look();
    resource_manager_protocol::Asked asked{};
    ASSERT_TRUE(cooperation->take_answer(asked));
    EXPECT_EQ(static_cast<Error>(asked.error), Error::peer_died);
}

TEST_F(Cooperation_test, processors_are_taken_back_when_the_vmm_side_stays_away) {
    join();
    machine.load = 3;
    reclaim(transfer(0b1000));
    ASSERT_EQ(machine.online(), 0b0111u);
    coop_stock_vmm_close(&vmm, machine.time);
    vmm_there = false;
    cooperation->look();
    run(4 * second, second);
    EXPECT_EQ(machine.online(), 0b0111u) << "it may only be restarting";
    run(2 * second, second);
    EXPECT_EQ(machine.online(), 0b1111u);
    EXPECT_EQ(given, 0u);
    EXPECT_EQ(cooperation->next(), UINT64_MAX) << "alone again";
}

TEST_F(Cooperation_test, a_vmm_side_that_falls_silent_is_noticed_when_it_is_asked) {
    join();
    vmm_there = false; // its page still says that it is open
    ASSERT_EQ(cooperation->ask(2, second), Error::none);
    run(4 * second);
    resource_manager_protocol::Asked asked{};
    ASSERT_TRUE(cooperation->take_answer(asked));
    EXPECT_EQ(static_cast<Error>(asked.error), Error::peer_died);
}

TEST_F(Cooperation_test, a_successor_in_new_pages_joins) {
    join();
    reclaim(transfer(0b1000));
    own.reset(new coop_guest_page{});
    other.reset(new coop_vmm_page{});
    cooperation.reset(new Cooperation{machine, policy, given});
    machine.cooperation = &*cooperation;
    cooperation->begin(*own, *other, Fake_machine::count);
    EXPECT_EQ(given, 0b1000u);
    join();
    EXPECT_EQ(machine.online(), 0b0111u) << "processors stay as they are";
    run(second);
    EXPECT_EQ(violations(), 0u);
}

// Failures on purpose.

TEST_F(Cooperation_test, garbage_in_the_page_harms_nobody) {
    join();
    machine.load = 2;
    uint64_t state = 1;
    auto const random = [&] {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint8_t>(state >> 56);
    };
    for (int round = 0; round < 2000; ++round) {
        auto* const bytes = reinterpret_cast<uint8_t*>(other.get());
        size_t const place = (size_t{random()} << 8 | random()) % sizeof(coop_vmm_page);
        bytes[place] = random();
        machine.pass(period);
        cooperation->look();
        ASSERT_NE(machine.online(), 0u);
    }
    *other = coop_vmm_page{};
    machine.pass(10 * second);
    cooperation->look();
    start_vmm();
    for (int i = 0; i < 40; ++i) {
        machine.pass(second);
        settle();
    }
    EXPECT_EQ(vmm.engine.state, COOP_VMM_JOINED);
}

} // namespace
} // namespace lavandin::resource_manager
