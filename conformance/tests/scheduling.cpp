// SPDX-License-Identifier: MIT
// Which thread runs when: priorities, time slices, yield, sleep.
#include "tests/common.hpp"

#include <array>
#include <atomic>
#include <new>
#include <string_view>

namespace {

using namespace conformance;

uint64_t own_priority() { return inherited().priority; }

// What threads did, in order.
class Diary {
public:
    void write(char letter) {
        auto const place = __atomic_fetch_add(&_length, 1, __ATOMIC_RELAXED);
        if (place < _letters.size())
            _letters[place] = letter;
    }
    bool says(std::string_view text) const {
        return std::string_view{_letters.data(), _length} == text;
    }
    void print() const { note("the diary says %.*s", static_cast<int>(_length), _letters.data()); }

private:
    size_t _length{0};
    std::array<char, 64> _letters{};
};

void expect_says(Place place, Diary const& diary, char const* text) {
    if (!expect_true(place, text, diary.says(text)))
        diary.print();
}

// For orders that the end of a time slice may disturb: on a machine that stands still at times, it
// may come between any two instructions. But not always.
template <typename Attempt>
void expect_says_at_last(Place place, char const* text, Attempt attempt) {
    constexpr int attempts = 5;
    for (int i = 1; i <= attempts; ++i) {
        Diary diary;
        attempt(diary);
        if (diary.says(text))
            return;
        if (i == attempts)
            expect_says(place, diary, text);
    }
}

TEST(scheduling, higher_priority_runs_first) {
    TAKE(keep_to_one_processor());
    Diary diary;
    Peer low{[&] { diary.write('l'); }};
    Peer middle{[&] { diary.write('m'); }};
    Peer high{[&] { diary.write('h'); }};
    TAKE(low.start(own_priority() - 3));
    TAKE(high.start(own_priority() - 1));
    TAKE(middle.start(own_priority() - 2));
    EXPECT(low.wait() && middle.wait() && high.wait());
    expect_says(HERE, diary, "hml");
}

TEST(scheduling, woken_thread_preempts_lower_ones_at_once) {
    TAKE(keep_to_one_processor());
    Diary diary;
    auto const bell = MUST(notification_create);
    Peer high{[&] {
        static_cast<void>(notification_wait(bell, forever));
        diary.write('h');
    }};
    TAKE(high.start());
    EXPECT(others_wait());
    EXPECT_OK(thread_set_priority, 0, own_priority() - 1);
    diary.write('a');
    EXPECT_OK(notification_signal, bell);
    diary.write('z');
    expect_says(HERE, diary, "ahz");
}

TEST(scheduling, woken_thread_does_not_preempt_its_equals) {
    TAKE(keep_to_one_processor());
    expect_says_at_last(HERE, "ae", [](Diary& diary) {
        auto const bell = MUST(notification_create);
        Peer equal{[&] {
            static_cast<void>(notification_wait(bell, forever));
            diary.write('e');
        }};
        TAKE(equal.start());
        EXPECT(others_wait()); // a slice of our own begins
        EXPECT_OK(notification_signal, bell);
        diary.write('a');
        EXPECT(equal.wait());
    });
}

TEST(scheduling, lowering_the_own_priority_gives_way) {
    TAKE(keep_to_one_processor());
    Diary diary;
    Peer peer{[&] { diary.write('p'); }};
    TAKE(peer.start(own_priority() - 1));
    diary.write('a');
    EXPECT_OK(thread_set_priority, 0, own_priority() - 2);
    diary.write('z');
    expect_says(HERE, diary, "apz");
}

TEST(scheduling, lowering_another_lets_the_next_run) {
    TAKE(keep_to_one_processor());
    Diary diary;
    Peer first{[&] { diary.write('f'); }};
    Peer second{[&] { diary.write('s'); }};
    TAKE(first.start(own_priority() - 1));
    TAKE(second.start(own_priority() - 2));
    EXPECT_OK(thread_set_priority, first.thread(), own_priority() - 3);
    EXPECT(first.wait() && second.wait());
    expect_says(HERE, diary, "sf");
}

TEST(scheduling, raising_another_to_the_own) {
    TAKE(keep_to_one_processor());
    Diary diary;
    Peer first{[&] { diary.write('f'); }};
    Peer second{[&] { diary.write('s'); }};
    TAKE(first.start(own_priority() - 1));
    TAKE(second.start(own_priority() - 2));
    EXPECT_OK(thread_set_priority, second.thread(), own_priority());
    EXPECT(first.wait() && second.wait());
    expect_says(HERE, diary, "sf");
}

TEST(scheduling, set_priority_refuses) {
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    EXPECT_ERROR(invalid_argument, thread_set_priority, 0, own_priority() + 1);
    EXPECT_ERROR(invalid_argument, thread_set_priority, peer.thread(), highest_priority);
    EXPECT_ERROR(invalid_argument, thread_set_priority, 0, ~uint64_t{0});
    EXPECT_ERROR(invalid_argument, thread_set_priority, 0, uint64_t{256});
    EXPECT_ERROR(invalid_capability, thread_set_priority, empty_slot, 0);
    EXPECT_ERROR(wrong_type, thread_set_priority, self_process, 0);
    EXPECT_ERROR(permission_denied, thread_set_priority,
                 TAKE(copy(peer.thread(), thread_permission::destroy)), 0);
    EXPECT_OK(thread_destroy, peer.thread());
    EXPECT_ERROR(peer_died, thread_set_priority, peer.thread(), 0);
}

TEST(scheduling, equals_share_by_slices) {
    TAKE(keep_to_one_processor());
    bool stop = false;
    std::array<uint64_t, 3> rounds{};
    auto const spin = [&](unsigned i) {
        while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
            __atomic_fetch_add(&rounds[i], 1, __ATOMIC_RELAXED);
    };
    Peer a{[&] { spin(0); }};
    Peer b{[&] { spin(1); }};
    Peer c{[&] { spin(2); }};
    TAKE(a.start(own_priority() - 1));
    TAKE(b.start(own_priority() - 1));
    TAKE(c.start(own_priority() - 1));
    // None of them ever gives way by itself; four rounds of slices show that all get their turn.
    uint64_t const begin = TAKE(system_counters()).thread_switches;
    while (TAKE(system_counters()).thread_switches - begin < 16)
        sleep_for(40 * millisecond);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    EXPECT(a.wait() && b.wait() && c.wait());
    EXPECT(rounds[0] > 0 && rounds[1] > 0 && rounds[2] > 0);
}

TEST(scheduling, lower_one_does_not_run_beside_a_higher) {
    TAKE(keep_to_one_processor());
    bool ran = false;
    Peer low{[&] { ran = true; }};
    TAKE(low.start(own_priority() - 1));
    for (uint64_t const end = after(30 * millisecond); lavandin::now() < end;)
        asm volatile("");
    EXPECT(!ran);
    EXPECT(low.wait());
}

TEST(scheduling, yield_goes_round) {
    TAKE(keep_to_one_processor());
    expect_says_at_last(HERE, "ababab", [](Diary& diary) {
        auto const thrice = [&](char letter) {
            for (int i = 0; i < 3; ++i) {
                diary.write(letter);
                static_cast<void>(thread_yield());
            }
        };
        Peer a{[&] { thrice('a'); }};
        Peer b{[&] { thrice('b'); }};
        TAKE(a.start(own_priority() - 1));
        TAKE(b.start(own_priority() - 1));
        EXPECT(a.wait() && b.wait());
    });
}

TEST(scheduling, yield_with_nobody_else) {
    for (int i = 0; i < 100; ++i)
        EXPECT_OK(thread_yield);
}

TEST(scheduling, sleep_lasts_until_the_deadline) {
    for (uint64_t const length : {uint64_t{0}, microsecond, millisecond, 20 * millisecond}) {
        uint64_t const deadline = after(length);
        EXPECT_OK(thread_sleep, deadline);
        EXPECT(lavandin::now() >= deadline);
    }
}

TEST(scheduling, sleep_with_a_deadline_that_has_passed) {
    TAKE(keep_to_one_processor());
    bool ran = false;
    Peer low{[&] { ran = true; }};
    TAKE(low.start(own_priority() - 1));
    for (int i = 0; i < 10; ++i)
        EXPECT_OK(thread_sleep, at_once);
    EXPECT(!ran);
    EXPECT(low.wait());
}

TEST(scheduling, sleepers_wake_in_order_of_deadlines) {
    TAKE(keep_to_one_processor());
    expect_says_at_last(HERE, "abcd", [](Diary& diary) {
        uint64_t const begin = after(10 * millisecond);
        auto const sleep = [&](uint64_t delay, char letter) {
            static_cast<void>(thread_sleep(begin + delay * 10 * millisecond));
            diary.write(letter);
        };
        Peer a{[&] { sleep(1, 'a'); }};
        Peer b{[&] { sleep(2, 'b'); }};
        Peer c{[&] { sleep(3, 'c'); }};
        Peer d{[&] { sleep(4, 'd'); }};
        TAKE(c.start());
        TAKE(a.start());
        TAKE(d.start());
        TAKE(b.start());
        EXPECT(a.wait() && b.wait() && c.wait() && d.wait());
    });
}

TEST(scheduling, many_sleepers_all_wake) {
    std::atomic<uint64_t> awake{0};
    std::atomic<uint64_t> early{0};
    auto const body = [&] {
        for (uint64_t i = 1; i <= 10; ++i) {
            uint64_t const deadline = after((i * 7 + awake * 13) % 11 * millisecond);
            static_cast<void>(thread_sleep(deadline));
            early += lavandin::now() < deadline;
        }
        ++awake;
    };
    using Sleeper = Peer<decltype(body)>;
    constexpr size_t count = 40;
    alignas(Sleeper) static unsigned char memory[count][sizeof(Sleeper)];
    for (auto& place : memory)
        TAKE((new (place) Sleeper{body})->start());
    for (auto& place : memory)
        EXPECT(reinterpret_cast<Sleeper*>(place)->wait());
    EXPECT_EQUAL(awake.load(), count);
    EXPECT_EQUAL(early.load(), 0);
}

TEST(scheduling, processor_time_is_counted) {
    uint64_t const before = TAKE(information_of(self_process)).processor_time;
    for (uint64_t const end = after(10 * millisecond); lavandin::now() < end;)
        asm volatile("");
    uint64_t const worked = TAKE(information_of(self_process)).processor_time;
    sleep_for(200 * millisecond);
    uint64_t const slept = TAKE(information_of(self_process)).processor_time;
    EXPECT(worked > before);
    EXPECT(slept - worked < 100 * millisecond);
}

} // namespace
