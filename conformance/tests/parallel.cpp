// SPDX-License-Identifier: MIT
// Threads on several processors that have to do with each other.
#include "tests/two_processors.hpp"

#include <array>

namespace {

using namespace conformance;

uint64_t own_priority() { return inherited().priority; }

// The n-th of the processors, round and round.
uint64_t processor(uint64_t n) {
    uint64_t left = inherited().processors;
    for (n %= static_cast<uint64_t>(__builtin_popcountl(left)); n > 0; --n)
        left &= left - 1;
    return first_processor(left);
}

struct Meeting {
    Capability_index endpoint, reply;
};

Result<Meeting> arrange() {
    auto const endpoint = TRY(endpoint_create());
    return Meeting{endpoint, TRY(reply_create())};
}

constexpr uint64_t last_word = ~uint64_t{0};

// Answers n with n + 1 until it is told that there is no more.
void serve(Meeting const& at, uint64_t where) {
    EXPECT_OK(thread_set_affinity, 0, where);
    uint64_t word = MUST(endpoint_receive, at.endpoint, at.reply, soon()).w0;
    uint64_t const both = uint64_t{at.reply} << 32 | at.endpoint;
    while (word != last_word)
        word = MUST(endpoint_reply_receive, both, Message_tag{}, word + 1, 0, 0, 0).w0;
    TAKE(answer_with(at.reply, 0));
}

uint64_t call_often(Capability_index endpoint, uint64_t where, uint64_t calls, uint64_t first) {
    uint64_t wrong = 0;
    static_cast<void>(thread_set_affinity(0, where));
    for (uint64_t i = 0; i < calls; ++i) {
        auto const answer = call_with(endpoint, first + i);
        wrong += !answer.ok() || answer.value().w0 != first + i + 1;
    }
    return wrong;
}

TEST(parallel, calls_between_two_processors) {
    NEEDS_TWO_PROCESSORS();
    auto const at = TAKE(arrange());
    Peer server{[&] { serve(at, second_one()); }};
    TAKE(server.start());
    EXPECT_EQUAL(call_often(at.endpoint, first_one(), 3000, 1000), 0);
    TAKE(call_with(at.endpoint, last_word));
    EXPECT(server.wait());
}

TEST(parallel, two_pairs_call) {
    NEEDS_TWO_PROCESSORS();
    Meeting const at[]{TAKE(arrange()), TAKE(arrange())};
    uint64_t wrong[2]{1, 1};
    auto const call = [&](unsigned which) {
        wrong[which] = call_often(at[which].endpoint, processor(which), 3000, which * 100'000);
        TAKE(call_with(at[which].endpoint, last_word));
    };
    Peer first_server{[&] { serve(at[0], processor(0)); }};
    Peer second_server{[&] { serve(at[1], processor(1)); }};
    Peer first{[&] { call(0); }};
    Peer second{[&] { call(1); }};
    TAKE(first_server.start(own_priority() - 1));
    TAKE(second_server.start(own_priority() - 1));
    TAKE(first.start(own_priority() - 1));
    TAKE(second.start(own_priority() - 1));
    EXPECT(first.wait() && second.wait() && first_server.wait() && second_server.wait());
    EXPECT(wrong[0] == 0 && wrong[1] == 0);
}

TEST(parallel, many_call_one_server) {
    NEEDS_TWO_PROCESSORS();
    auto const at = TAKE(arrange());
    uint64_t wrong = 0;
    uint64_t number = 0;
    auto const body = [&] {
        uint64_t const own = __atomic_fetch_add(&number, 1, __ATOMIC_SEQ_CST);
        uint64_t const found = call_often(at.endpoint, processor(own), 800, own * 100'000);
        __atomic_fetch_add(&wrong, found, __ATOMIC_SEQ_CST);
    };
    Peer server{[&] { serve(at, any_processor); }};
    Peer a{body};
    Peer b{body};
    Peer c{body};
    Peer d{body};
    TAKE(server.start());
    TAKE(a.start());
    TAKE(b.start());
    TAKE(c.start());
    TAKE(d.start());
    EXPECT(a.wait() && b.wait() && c.wait() && d.wait());
    EXPECT_EQUAL(wrong, 0);
    TAKE(call_with(at.endpoint, last_word));
    EXPECT(server.wait());
}

TEST(parallel, one_endpoint_with_a_server_on_each_processor) {
    NEEDS_TWO_PROCESSORS();
    auto const endpoint = MUST(endpoint_create);
    Meeting const first_at{endpoint, MUST(reply_create)};
    Meeting const second_at{endpoint, MUST(reply_create)};
    uint64_t wrong[2]{1, 1};
    Peer first_server{[&] { serve(first_at, processor(0)); }};
    Peer second_server{[&] { serve(second_at, processor(1)); }};
    Peer first{[&] { wrong[0] = call_often(endpoint, processor(0), 2000, 0); }};
    Peer second{[&] { wrong[1] = call_often(endpoint, processor(1), 2000, 1 << 20); }};
    TAKE(first_server.start());
    TAKE(second_server.start());
    TAKE(first.start());
    TAKE(second.start());
    EXPECT(first.wait() && second.wait());
    EXPECT(wrong[0] == 0 && wrong[1] == 0);
    TAKE(call_with(endpoint, last_word));
    TAKE(call_with(endpoint, last_word));
    EXPECT(first_server.wait() && second_server.wait());
}

// Each call carries a capability there, and the answer another one back.
TEST(parallel, capabilities_go_to_and_fro) {
    NEEDS_TWO_PROCESSORS();
    constexpr uint64_t rounds = 500;
    auto const at = TAKE(arrange());
    Peer server{[&] {
        EXPECT_OK(thread_set_affinity, 0, second_one());
        for (uint64_t i = 0; i < rounds; ++i) {
            message_buffer().accepted_transfers = 1;
            auto const got = MUST(endpoint_receive, at.endpoint, at.reply, soon());
            EXPECT_EQUAL(got.tag.transfers(), 1);
            message_buffer().sent[0] = {message_buffer().received[0].index, all_permissions, 0};
            EXPECT_OK(endpoint_reply, at.reply, Message_tag{0, 0, 1}, 0, 0, 0, 0);
            EXPECT_OK(capability_delete, message_buffer().received[0].index);
        }
    }};
    TAKE(server.start());
    EXPECT_OK(thread_set_affinity, 0, first_one());
    for (uint64_t i = 0; i < rounds; ++i) {
        auto const object = MUST(notification_create);
        message_buffer().sent[0] = {object, all_permissions, 0};
        message_buffer().accepted_transfers = 1;
        auto const answer = MUST(endpoint_call, at.endpoint, Message_tag{0, 0, 1}, i, 0, 0, 0);
        EXPECT_EQUAL(answer.tag.transfers(), 1);
        EXPECT_OK(capability_delete, message_buffer().received[0].index);
        EXPECT_OK(capability_delete, object);
    }
    EXPECT(server.wait());
}

// An answer races with the deadline: one of the two wins, and the next call is not confused.
TEST(parallel, deadlines_race_with_answers) {
    NEEDS_TWO_PROCESSORS();
    auto const at = TAKE(arrange());
    Flag stop;
    Peer server{[&] {
        EXPECT_OK(thread_set_affinity, 0, second_one());
        while (!stop.raised()) {
            auto const got = endpoint_receive(at.endpoint, at.reply, after(millisecond));
            if (!got.ok())
                continue;
            for (uint64_t i = 0; i < got.value().w0 % 64 * 16; ++i)
                asm volatile("pause");
            static_cast<void>(answer_with(at.reply, got.value().w0));
        }
    }};
    TAKE(server.start());
    EXPECT_OK(thread_set_affinity, 0, first_one());
    uint64_t answered = 0;
    uint64_t late = 0;
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < 3000; ++i) {
        message_buffer().deadline = after(i % 100 * microsecond);
        auto const answer = endpoint_call(at.endpoint, Message_tag{}.with_deadline(), i, 0, 0, 0);
        answered += answer.ok();
        late += answer.error() == Error::timed_out;
        wrong += answer.ok() && answer.value().w0 != i;
    }
    stop.raise();
    EXPECT_EQUAL(answered + late, 3000);
    EXPECT_EQUAL(wrong, 0);
    EXPECT(server.wait());
}

// Each signal is answered by one: none is lost.
TEST(parallel, signals_go_to_and_fro) {
    NEEDS_TWO_PROCESSORS();
    constexpr int rounds = 3000;
    auto const there = MUST(notification_create);
    auto const back = MUST(notification_create);
    Peer echo{[&] {
        EXPECT_OK(thread_set_affinity, 0, second_one());
        for (int i = 0; i < rounds; ++i) {
            MUST(notification_wait, there, soon());
            EXPECT_OK(notification_signal, back);
        }
    }};
    TAKE(echo.start());
    EXPECT_OK(thread_set_affinity, 0, first_one());
    for (int i = 0; i < rounds; ++i) {
        EXPECT_OK(notification_signal, there);
        MUST(notification_wait, back, soon());
    }
    EXPECT(echo.wait());
}

TEST(parallel, many_signal_one) {
    NEEDS_TWO_PROCESSORS();
    constexpr uint64_t rounds = 800;
    constexpr uint64_t signallers = 4;
    auto const bell = MUST(notification_create);
    std::array<Capability_index, signallers> bells{};
    std::array<Capability_index, signallers> go{};
    for (uint64_t i = 0; i < signallers; ++i) {
        bells[i] = TAKE(copy(bell, notification_permission::signal, uint64_t{1} << i));
        go[i] = MUST(notification_create);
    }
    uint64_t next = 0;
    auto const body = [&] {
        uint64_t const own = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
        EXPECT_OK(thread_set_affinity, 0, processor(own));
        for (uint64_t i = 0; i < rounds; ++i) {
            EXPECT_OK(notification_signal, bells[own]);
            MUST(notification_wait, go[own], soon());
        }
    };
    Peer a{body};
    Peer b{body};
    Peer c{body};
    Peer d{body};
    TAKE(a.start());
    TAKE(b.start());
    TAKE(c.start());
    TAKE(d.start());
    std::array<uint64_t, signallers> seen{};
    for (uint64_t left = signallers * rounds; left > 0;) {
        uint64_t const bits = MUST(notification_wait, bell, soon());
        for (uint64_t i = 0; i < signallers; ++i)
            if (bits >> i & 1) {
                ++seen[i];
                --left;
                EXPECT_OK(notification_signal, go[i]);
            }
    }
    EXPECT(a.wait() && b.wait() && c.wait() && d.wait());
    for (uint64_t const each : seen)
        EXPECT_EQUAL(each, rounds);
}

TEST(parallel, thread_that_runs_elsewhere_is_ended) {
    NEEDS_TWO_PROCESSORS();
    TAKE(keep_to_one_processor());
    for (int round = 0; round < 50; ++round) {
        Counter counter;
        Peer peer{[&] {
            static_cast<void>(thread_set_affinity(0, second_one()));
            while (true)
                counter.count();
        }};
        TAKE(peer.start());
        EXPECT(counter.moves());
        EXPECT_OK(thread_destroy, peer.thread());
        uint64_t const ended = counter.value();
        for (int i = 0; i < 1000; ++i)
            asm volatile("pause");
        EXPECT_EQUAL(counter.value(), ended);
        EXPECT_EQUAL(TAKE(information_of(self_process)).threads, 1);
    }
}

// In the kernel most of the time.
TEST(parallel, thread_that_makes_calls_elsewhere_is_ended) {
    NEEDS_TWO_PROCESSORS();
    TAKE(keep_to_one_processor());
    for (int round = 0; round < 100; ++round) {
        Counter counter;
        Peer peer{[&] {
            static_cast<void>(thread_set_affinity(0, second_one()));
            while (true) {
                counter.count();
                auto const slot = notification_create();
                if (slot.ok())
                    static_cast<void>(capability_delete(slot.value()));
            }
        }};
        TAKE(peer.start());
        EXPECT(counter.moves());
        EXPECT_OK(thread_destroy, peer.thread());
        uint64_t const ended = counter.value();
        EXPECT_OK(thread_yield);
        EXPECT_EQUAL(counter.value(), ended);
    }
}

struct Shared_page {
    Capability_index memory;
    uint64_t address;
};

Result<Shared_page> share_page() {
    auto const memory = TRY(memory_create(page_size));
    uint64_t const address = layout::fresh_addresses(page_size);
    TRY_VOID(memory_map(self_process, memory, address, 0, page_size, read_write));
    return Shared_page{memory, address};
}

TEST(parallel, process_that_runs_elsewhere_is_ended) {
    NEEDS_TWO_PROCESSORS();
    auto const page = TAKE(share_page());
    auto& counter = *reinterpret_cast<Counter*>(page.address);
    EXPECT_OK(thread_set_affinity, 0, second_one());
    for (int round = 0; round < 30; ++round) {
        auto child = TAKE(Child::create());
        EXPECT_OK(memory_map, child.process().index(), page.memory, page.address, 0, page_size,
                  read_write);
        EXPECT_OK(thread_set_affinity, 0, second_one());
        TAKE(child.start(
            [](Words const& words) {
                while (true)
                    reinterpret_cast<Counter*>(words[0])->count();
            },
            {page.address}));
        EXPECT_OK(thread_set_affinity, 0, first_one());
        EXPECT(counter.moves());
        EXPECT_OK(process_destroy, child.process().index(), 7);
        uint64_t const ended = counter.value();
        EXPECT_OK(thread_yield);
        EXPECT_EQUAL(counter.value(), ended);
        EXPECT_EQUAL(TAKE(child.wait()).status, 7);
    }
}

// It exits while threads of it run on all processors.
TEST(parallel, process_with_threads_everywhere_exits) {
    NEEDS_TWO_PROCESSORS();
    for (int round = 0; round < 10; ++round) {
        auto child = TAKE(Child::create(512 * 1024));
        TAKE(child.start(
            [](Words const&) {
                static Counter counters[4];
                static uint64_t next = 0;
                auto const body = [] {
                    uint64_t const own = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
                    static_cast<void>(thread_set_affinity(0, processor(own)));
                    while (true)
                        counters[own].count();
                };
                Peer a{body};
                Peer b{body};
                Peer c{body};
                Peer d{body};
                TAKE(a.start(own_priority() - 1));
                TAKE(b.start(own_priority() - 1));
                TAKE(c.start(own_priority() - 1));
                TAKE(d.start(own_priority() - 1));
                for (auto const& each : counters)
                    EXPECT(each.moves());
                static_cast<void>(process_destroy(self_process, 5));
            },
            {}, own_priority(), inherited()));
        EXPECT_EQUAL(TAKE(child.wait()).status, 5);
    }
}

// Two end each other at once: one of them is faster, and both processes are gone.
TEST(parallel, processes_end_each_other) {
    NEEDS_TWO_PROCESSORS();
    Capability_index const bells[]{MUST(notification_create), MUST(notification_create)};
    for (int round = 0; round < 50; ++round) {
        Child children[]{TAKE(Child::create()), TAKE(Child::create())};
        for (auto const bell : bells) // who was ended first may not have heard it
            static_cast<void>(notification_wait(bell, at_once));
        auto const start = [&](unsigned which) {
            auto const other = TAKE(children[which].give(children[1 - which].process().index()));
            auto const bell = TAKE(children[which].give(bells[which]));
            EXPECT_OK(thread_set_affinity, 0, processor(which));
            TAKE(children[which].start(
                [](Words const& words) {
                    auto const its_bell = static_cast<Capability_index>(words[1]);
                    static_cast<void>(notification_wait(its_bell, forever));
                    static_cast<void>(process_destroy(static_cast<Capability_index>(words[0]), 3));
                },
                {other, bell}));
        };
        start(0);
        start(1);
        EXPECT_OK(thread_set_affinity, 0, any_processor);
        for (auto const bell : bells)
            EXPECT_OK(notification_signal, bell);
        static_cast<void>(TAKE(children[0].wait()));
        static_cast<void>(TAKE(children[1].wait()));
    }
}

// Calls are under way through what is revoked.
TEST(parallel, revocation_in_mid_call) {
    NEEDS_TWO_PROCESSORS();
    auto const at = TAKE(arrange());
    Peer server{[&] { serve(at, first_one()); }};
    TAKE(server.start());
    for (int round = 0; round < 100; ++round) {
        auto const middle = TAKE(copy(at.endpoint, endpoint_permission::call));
        auto const used = TAKE(copy(middle, endpoint_permission::call));
        Error last = Error::none;
        Counter counter;
        Peer caller{[&] {
            static_cast<void>(thread_set_affinity(0, second_one()));
            while (last == Error::none) {
                counter.count();
                last = call_with(used, 1).error();
            }
        }};
        TAKE(caller.start());
        EXPECT(counter.moves());
        EXPECT_OK(capability_revoke, middle);
        EXPECT(caller.wait());
        EXPECT_EQUAL(last, Error::invalid_capability);
        EXPECT_OK(capability_delete, middle);
    }
    TAKE(call_with(at.endpoint, last_word));
    EXPECT(server.wait());
}

TEST(parallel, threads_are_made_and_ended_everywhere) {
    NEEDS_TWO_PROCESSORS();
    uint64_t failures = 0;
    uint64_t next = 0;
    auto const body = [&] {
        uint64_t const own = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
        static_cast<void>(thread_set_affinity(0, processor(own)));
        uint64_t const buffer = layout::fresh_addresses(page_size);
        for (int i = 0; i < 150; ++i) {
            auto const process = empty_process(64 * 1024);
            auto const thread = process.ok() ? thread_create(process.value(), user_begin, user_end,
                                                             0, lowest_priority, buffer)
                                             : process.error();
            bool const good = thread.ok() && process_destroy(process.value(), 0).ok() &&
                              capability_delete(thread.value()).ok() &&
                              capability_delete(process.value()).ok();
            __atomic_fetch_add(&failures, !good, __ATOMIC_SEQ_CST);
        }
    };
    Peer a{body};
    Peer b{body};
    Peer c{body};
    TAKE(a.start());
    TAKE(b.start());
    TAKE(c.start());
    EXPECT(a.wait() && b.wait() && c.wait());
    EXPECT_EQUAL(failures, 0);
}

} // namespace
