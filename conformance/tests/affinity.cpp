// SPDX-License-Identifier: MIT
// Which processors run a thread.
#include "tests/two_processors.hpp"

#include <lavandin/abi/clock_page.hpp>

namespace {

using namespace conformance;

uint64_t own_priority() { return inherited().priority; }
uint64_t processor_of_caller() { return abi::Placement{message_buffer().placement}.processor(); }

TEST(affinity, refusals) {
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    EXPECT_ERROR(invalid_capability, thread_set_affinity, empty_slot, any_processor);
    EXPECT_ERROR(invalid_capability, thread_set_affinity, beyond_table, any_processor);
    EXPECT_ERROR(wrong_type, thread_set_affinity, self_process, any_processor);
    EXPECT_ERROR(permission_denied, thread_set_affinity,
                 TAKE(copy(peer.thread(), thread_permission::destroy)), any_processor);
    EXPECT_ERROR(no_processor, thread_set_affinity, peer.thread(), 0);
    EXPECT_ERROR(no_processor, thread_set_affinity, 0, 0);
    EXPECT_ERROR(no_processor, thread_set_affinity, 0, ~inherited().processors);
    EXPECT_OK(thread_destroy, peer.thread());
    EXPECT_ERROR(peer_died, thread_set_affinity, peer.thread(), any_processor);
}

TEST(affinity, refusal_changes_nothing) {
    EXPECT_OK(thread_set_affinity, 0, first_one());
    EXPECT_ERROR(no_processor, thread_set_affinity, 0, ~inherited().processors);
    auto const information = TAKE(information_of_thread(0));
    EXPECT_EQUAL(information.affinity, first_one());
    EXPECT_EQUAL(information.processor, number_of(first_one()));
}

TEST(affinity, any_processor_is_usual) {
    EXPECT_EQUAL(TAKE(information_of_thread(0)).affinity, any_processor);
}

TEST(affinity, may_name_processors_that_are_not_there) {
    uint64_t const wanted = first_one() | ~inherited().processors;
    EXPECT_OK(thread_set_affinity, 0, wanted);
    EXPECT_EQUAL(TAKE(information_of_thread(0)).affinity, wanted);
    EXPECT_EQUAL(processor_of_caller(), number_of(first_one()));
}

TEST(affinity, permission_to_schedule_is_enough) {
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    EXPECT_OK(thread_set_affinity, TAKE(copy(peer.thread(), thread_permission::schedule)),
              first_one());
}

TEST(affinity, own_takes_effect_at_once) {
    for (int round = 0; round < 50; ++round)
        for (uint64_t left = inherited().processors; left; left &= left - 1) {
            uint64_t const here = first_processor(left);
            EXPECT_OK(thread_set_affinity, 0, here);
            EXPECT_EQUAL(processor_of_caller(), number_of(here));
            EXPECT_EQUAL(TAKE(information_of_thread(0)).processor, number_of(here));
        }
}

TEST(affinity, of_a_ready_thread) {
    NEEDS_TWO_PROCESSORS();
    TAKE(keep_to_one_processor());
    Flag ran;
    Peer low{[&] { ran.raise(); }};
    TAKE(low.start(own_priority() - 1));
    EXPECT(!ran.raised());
    EXPECT_OK(thread_set_affinity, low.thread(), second_one());
    EXPECT(ran.spin()); // this processor is never given away
    EXPECT(low.wait());
}

// From where it runs to where somebody more urgent does.
TEST(affinity, of_a_thread_that_runs_elsewhere) {
    NEEDS_TWO_PROCESSORS();
    Counter counter;
    Flag stop;
    Peer peer{[&] {
        while (!stop.raised())
            counter.count();
    }};
    TAKE(keep_to_one_processor());
    TAKE(peer.start(own_priority() - 1));
    for (int round = 0; round < 20; ++round) {
        EXPECT_OK(thread_set_affinity, peer.thread(), second_one());
        EXPECT(counter.moves());
        EXPECT_OK(thread_set_affinity, peer.thread(), first_one());
        uint64_t const halted = counter.value();
        for (uint64_t const end = after(millisecond); lavandin::now() < end;)
            asm volatile("pause");
        EXPECT_EQUAL(counter.value(), halted);
    }
    stop.raise();
    EXPECT(peer.wait());
}

TEST(affinity, of_a_blocked_thread) {
    NEEDS_TWO_PROCESSORS();
    auto const bell = MUST(notification_create);
    uint64_t seen[2]{};
    Counter rounds;
    Peer peer{[&] {
        for (auto& each : seen) {
            static_cast<void>(notification_wait(bell, forever));
            each = processor_of_caller();
            rounds.count();
        }
    }};
    TAKE(peer.start());
    EXPECT(others_wait());
    EXPECT_OK(thread_set_affinity, peer.thread(), second_one());
    EXPECT_OK(notification_signal, bell);
    EXPECT(rounds.reaches(1) && others_wait());
    EXPECT_OK(thread_set_affinity, peer.thread(), first_one());
    EXPECT_OK(notification_signal, bell);
    EXPECT(peer.wait());
    EXPECT_EQUAL(seen[0], number_of(second_one()));
    EXPECT_EQUAL(seen[1], number_of(first_one()));
}

// Again with more time if the machine was so slow that the sleep was over before.
TEST(affinity, of_a_sleeping_thread) {
    NEEDS_TWO_PROCESSORS();
    for (uint64_t length = 50 * millisecond;; length *= 3) {
        uint64_t seen = ~uint64_t{0};
        uint64_t const deadline = after(length);
        Peer peer{[&] {
            static_cast<void>(thread_set_affinity(0, second_one()));
            static_cast<void>(thread_sleep(deadline));
            seen = processor_of_caller();
        }};
        TAKE(peer.start());
        static_cast<void>(others_wait());
        bool const slept =
            thread_set_affinity(peer.thread(), first_one()).ok() && lavandin::now() < deadline;
        EXPECT(peer.wait());
        EXPECT(lavandin::now() >= deadline);
        if (!slept && length < 5 * second)
            continue;
        EXPECT_EQUAL(seen, number_of(first_one()));
        return;
    }
}

TEST(affinity, is_that_of_the_maker) {
    NEEDS_TWO_PROCESSORS();
    EXPECT_OK(thread_set_affinity, 0, second_one());
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    auto child = TAKE(Child::create());
    TAKE(child.start(
        [](Words const& words) {
            EXPECT_EQUAL(TAKE(information_of_thread(0)).affinity, words[0]);
            EXPECT_EQUAL(processor_of_caller(), number_of(words[0]));
        },
        {second_one()}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    EXPECT_OK(thread_set_affinity, 0, first_one()); // which is the maker's own affair
    EXPECT_EQUAL(TAKE(information_of_thread(peer.thread())).affinity, second_one());
}

TEST(affinity, thread_elsewhere_may_be_sent_by_a_third) {
    NEEDS_TWO_PROCESSORS();
    Counter counter;
    Flag stop;
    Peer sent{[&] {
        while (!stop.raised())
            counter.count();
    }};
    TAKE(sent.start(own_priority() - 2));
    Peer sender{[&] {
        static_cast<void>(thread_set_affinity(0, second_one()));
        for (int i = 0; i < 200; ++i)
            EXPECT_OK(thread_set_affinity, sent.thread(), i % 2 ? first_one() : second_one());
    }};
    TAKE(sender.start(own_priority() - 1));
    EXPECT(sender.wait() && counter.moves());
    stop.raise();
    EXPECT(sent.wait());
}

TEST(affinity, two_send_each_other) {
    NEEDS_TWO_PROCESSORS();
    Capability_index threads[2]{};
    Counter finished;
    Flag done;
    auto const send = [&](unsigned other) {
        while (__atomic_load_n(&threads[other], __ATOMIC_SEQ_CST) == 0)
            static_cast<void>(thread_yield());
        for (int i = 0; i < 300; ++i)
            EXPECT_OK(thread_set_affinity, threads[other], i % 3 ? first_one() : second_one());
        finished.count();
        static_cast<void>(done.spin());
    };
    Peer a{[&] { send(1); }};
    Peer b{[&] { send(0); }};
    TAKE(a.start(own_priority() - 1));
    TAKE(b.start(own_priority() - 1));
    __atomic_store_n(&threads[0], a.thread(), __ATOMIC_SEQ_CST);
    __atomic_store_n(&threads[1], b.thread(), __ATOMIC_SEQ_CST);
    EXPECT(finished.reaches(2));
    done.raise();
    EXPECT(a.wait() && b.wait());
}

// Spins until the less urgent one has run: only beside it does it.
TEST(affinity, less_urgent_one_runs_beside) {
    NEEDS_TWO_PROCESSORS();
    for (int round = 0; round < 20; ++round) {
        Flag ran;
        bool seen = false;
        Peer high{[&] { seen = ran.spin(); }};
        Peer low{[&] { ran.raise(); }};
        TAKE(high.start(own_priority() - 1));
        TAKE(low.start(own_priority() - 2));
        EXPECT(high.wait() && low.wait());
        EXPECT(seen);
    }
}

// Who is driven away by one that may run nowhere else goes to a processor that has nothing to do.
TEST(affinity, one_that_is_driven_away_goes_elsewhere) {
    NEEDS_TWO_PROCESSORS();
    Counter counter;
    Flag stop;
    Peer low{[&] {
        while (!stop.raised())
            counter.count();
    }};
    Peer high{[&] { static_cast<void>(stop.spin()); }};
    TAKE(low.start(own_priority() - 2));
    EXPECT(counter.moves());
    uint64_t const there = uint64_t{1} << TAKE(information_of_thread(low.thread())).processor;
    EXPECT_OK(thread_set_affinity, 0, there);
    TAKE(high.start(own_priority() - 1));
    EXPECT_OK(thread_set_affinity, 0, any_processor);
    for (int i = 0; i < 20; ++i)
        EXPECT(counter.moves());
    stop.raise();
    EXPECT(low.wait() && high.wait());
}

// The same, when it is let go to where there is nothing to do.
TEST(affinity, one_that_is_let_go_leaves_a_busy_processor) {
    NEEDS_TWO_PROCESSORS();
    Counter counter;
    Flag stop;
    Peer low{[&] {
        while (!stop.raised())
            counter.count();
    }};
    Peer high{[&] { static_cast<void>(stop.spin()); }};
    EXPECT_OK(thread_set_affinity, 0, second_one());
    TAKE(high.start(own_priority() - 1));
    TAKE(low.start(own_priority() - 2));
    EXPECT_OK(thread_set_affinity, 0, first_one());
    EXPECT_OK(thread_set_affinity, low.thread(), any_processor);
    EXPECT(counter.moves());
    stop.raise();
    EXPECT(low.wait() && high.wait());
}

TEST(affinity, equals_on_one_processor_share_it) {
    NEEDS_TWO_PROCESSORS();
    Counter counters[2];
    Flag stop;
    auto const work = [&](Counter& counter) {
        static_cast<void>(thread_set_affinity(0, second_one()));
        while (!stop.raised())
            counter.count();
    };
    Peer a{[&] { work(counters[0]); }};
    Peer b{[&] { work(counters[1]); }};
    TAKE(a.start(own_priority() - 1));
    TAKE(b.start(own_priority() - 1));
    for (int i = 0; i < 4; ++i)
        EXPECT(counters[0].moves() && counters[1].moves());
    stop.raise();
    EXPECT(a.wait() && b.wait());
}

TEST(affinity, ended_while_it_is_sent_around) {
    NEEDS_TWO_PROCESSORS();
    for (int round = 0; round < 50; ++round) {
        Counter counter;
        Peer peer{[&] {
            while (true)
                counter.count();
        }};
        TAKE(peer.start(own_priority() - 1));
        EXPECT(counter.moves());
        EXPECT_OK(thread_set_affinity, peer.thread(), round % 2 ? first_one() : second_one());
        EXPECT_OK(thread_destroy, peer.thread());
        uint64_t const ended = counter.value();
        EXPECT_OK(thread_yield);
        EXPECT_EQUAL(counter.value(), ended);
    }
}

} // namespace
