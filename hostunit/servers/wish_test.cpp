// SPDX-License-Identifier: MIT
#include <servers/resource_manager/wish.hpp>

#include <cstring>
#include <gtest/gtest.h>
#include <string>

namespace {

using namespace lavandin::resource_manager;
using lavandin::abi::Error;
using Step = Wish::Step;

Outcome outcome(Error error) { return {static_cast<uint64_t>(error), {}}; }

std::string answer(Wish const& wish) {
    char text[120];
    return std::string{answer_of(wish, text)};
}

TEST(Wish, knows_the_words_of_the_store) {
    EXPECT_EQ(availability_named("online"), Availability::online);
    EXPECT_EQ(availability_named("offline"), Availability::offline);
    for (char const* const other : {"", "Online", "online ", "1"})
        EXPECT_EQ(availability_named(other), Availability::unknown) << other;
}

TEST(Wish, counts_when_it_changes) {
    Wish wish{};
    EXPECT_FALSE(wish.ask(Availability::unknown));
    EXPECT_TRUE(wish.ask(Availability::offline));
    EXPECT_FALSE(wish.ask(Availability::offline));
    EXPECT_FALSE(wish.ask(Availability::unknown)); // nothing was said: the last word holds
    EXPECT_EQ(wish.asked, Availability::offline);
    EXPECT_TRUE(wish.ask(Availability::online));
}

// From each state, with each step that is possible there, to where it is done.
TEST(Wish, leads_from_everywhere_to_what_is_asked) {
    constexpr auto absent = Processor_state::absent;
    constexpr auto offered = Processor_state::offered;
    constexpr auto online = Processor_state::online;
    constexpr auto stopped = Processor_state::stopped;
    auto const after = [&](Processor_state from, Processor_action action) {
        switch (action) {
        case Processor_action::offer:
            EXPECT_EQ(from, absent);
            return offered;
        case Processor_action::withdraw:
            EXPECT_TRUE(from == offered || from == stopped);
            return absent;
        case Processor_action::start:
            EXPECT_TRUE(from == offered || from == stopped);
            return online;
        case Processor_action::unpark:
            EXPECT_TRUE(from == Processor_state::parked || from == Processor_state::draining);
            return online;
        default:
            EXPECT_TRUE(from == online || from == Processor_state::parked);
            return stopped;
        }
    };
    for (auto const asked : {Availability::online, Availability::offline})
        for (uint64_t from = 0; from < lavandin::abi::processor_states; ++from) {
            Wish wish{};
            EXPECT_TRUE(wish.ask(asked));
            auto state = static_cast<Processor_state>(from);
            int steps = 0;
            for (auto next = wish.next(state); next.step == Step::act; next = wish.next(state)) {
                state = after(state, next.action);
                ASSERT_LT(++steps, 4);
            }
            bool const waits = wish.next(state).step == Step::wait;
            bool const under_way =
                state == Processor_state::starting || state == Processor_state::draining;
            EXPECT_EQ(waits, under_way) << from;
            if (!waits) {
                EXPECT_EQ(state, asked == Availability::online ? online : absent) << from;
            }
        }
}

TEST(Wish, one_that_is_done_does_nothing) {
    Wish wish{};
    EXPECT_EQ(wish.next(Processor_state::offered).step, Step::done);
    wish.ask(Availability::online);
    wish.open = 0;
    EXPECT_EQ(wish.next(Processor_state::parked).step, Step::done); // parked by hand: stays
}

TEST(Wish, answers_in_words) {
    Wish wish{};
    wish.ask(Availability::offline);
    EXPECT_EQ(answer(wish), "offline waiting");
    Outcome pinned = outcome(Error::pinned);
    pinned.obstacle = {8, 12, "shell"};
    wish.ended(Processor_action::stop, pinned);
    EXPECT_EQ(answer(wish), "offline refused pinned by thread 12 of process 8 (shell)");
    wish.ended(Processor_action::stop, outcome(Error::no_processor));
    EXPECT_EQ(answer(wish), "offline refused it is the last one");
    wish.ended(Processor_action::stop, outcome(Error::cancelled)); // no refusal
    EXPECT_EQ(answer(wish), "offline refused it is the last one");
    wish.open = 0;
    EXPECT_EQ(answer(wish), "offline done");
}

TEST(Wish, a_long_answer_is_cut_off) {
    Wish wish{};
    wish.ask(Availability::offline);
    Outcome pinned = outcome(Error::pinned);
    memset(pinned.obstacle.name, 'x', sizeof(pinned.obstacle.name)); // without a NUL
    wish.ended(Processor_action::stop, pinned);
    char text[16];
    EXPECT_EQ(answer_of(wish, text), "offline refused");
}

TEST(Wish, what_a_predecessor_left_half_written_is_forgotten) {
    for (size_t byte = 0; byte < sizeof(Wish); ++byte) {
        Wish wish{};
        wish.ask(Availability::offline);
        reinterpret_cast<unsigned char*>(&wish)[byte] = 0xff;
        wish.check();
        EXPECT_LE(wish.asked, Availability::offline);
        EXPECT_LE(wish.open, 1u);
        EXPECT_LT(static_cast<uint64_t>(wish.refused_action), lavandin::abi::processor_actions);
        EXPECT_EQ(wish.refusal.obstacle.name[sizeof(wish.refusal.obstacle.name) - 1], '\0');
        static_cast<void>(answer(wish));
    }
}

TEST(Retry, comes_soon_and_then_ever_later) {
    Retry retry;
    EXPECT_EQ(retry.at(), Retry::never);
    uint64_t before = 0;
    for (int i = 0; i < 20; ++i) {
        retry.refused(1000);
        uint64_t const pause = retry.at() - 1000;
        EXPECT_GE(pause, before);
        EXPECT_LE(pause, Retry::last);
        before = pause;
    }
    EXPECT_EQ(before, Retry::last);
    retry.at_once();
    EXPECT_EQ(retry.at(), 0u);
    retry.refused(5);
    EXPECT_EQ(retry.at(), 5 + Retry::first);
    retry.stop();
    EXPECT_EQ(retry.at(), Retry::never);
}

} // namespace
