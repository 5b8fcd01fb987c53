// SPDX-License-Identifier: MIT
// Messages: what arrives, and in which order.
#include "tests/common.hpp"

#include <array>
#include <new>
#include <string.h>

namespace {

using namespace conformance;

struct Meeting {
    Capability_index endpoint, reply;
};

Result<Meeting> arrange() {
    auto const endpoint = TRY(endpoint_create());
    return Meeting{endpoint, TRY(reply_create())};
}

TEST(endpoint, call_and_reply_carry_label_and_words) {
    auto const at = TAKE(arrange());
    Peer server{[&] {
        auto const got = MUST(endpoint_receive, at.endpoint, at.reply, soon());
        EXPECT_EQUAL(got.tag.raw(), (Message_tag{0xfeed, 0}.raw()));
        EXPECT_EQUAL(got.w0, 1);
        EXPECT_EQUAL(got.w1, 2);
        EXPECT_EQUAL(got.w2, 3);
        EXPECT_EQUAL(got.w3, ~uint64_t{0});
        EXPECT_EQUAL(got.badge, 0);
        EXPECT_OK(endpoint_reply, at.reply, Message_tag{0xffff'ffff, 0}, 5, 6, 7, 8);
    }};
    TAKE(server.start());
    auto const answer =
        MUST(endpoint_call, at.endpoint, Message_tag{0xfeed, 0}, 1, 2, 3, ~uint64_t{0});
    EXPECT_EQUAL(answer.tag.label(), 0xffff'ffff);
    EXPECT_EQUAL(answer.reserved, 0);
    EXPECT(answer.w0 == 5 && answer.w1 == 6 && answer.w2 == 7 && answer.w3 == 8);
    EXPECT(server.wait());
}

// Whoever comes first waits; the message is the same.
TEST(endpoint, caller_may_be_first) {
    auto const at = TAKE(arrange());
    uint64_t answer = 0;
    Peer caller{[&] {
        answer = MUST(endpoint_call, at.endpoint, Message_tag{9, 0}, 1, 2, 3, 4).w3;
    }};
    TAKE(caller.start());
    EXPECT(others_wait());
    auto const got = MUST(endpoint_receive, at.endpoint, at.reply, at_once);
    EXPECT_EQUAL(got.tag.label(), 9);
    EXPECT(got.w0 == 1 && got.w1 == 2 && got.w2 == 3 && got.w3 == 4);
    EXPECT_OK(endpoint_reply, at.reply, Message_tag{}, 0, 0, 0, 44);
    EXPECT(caller.wait());
    EXPECT_EQUAL(answer, 44);
}

void exchange_buffers(uint64_t count) {
    auto const at = TAKE(arrange());
    Peer server{[&] {
        auto& words = message_buffer().words;
        memset(words, 0xee, sizeof words);
        auto const got = MUST(endpoint_receive, at.endpoint, at.reply, soon());
        EXPECT_EQUAL(got.tag.buffer_words(), count);
        for (uint64_t i = 0; i < maximum_buffer_words; ++i)
            EXPECT_EQUAL(words[i], i < count ? i * 3 : 0xeeee'eeee'eeee'eeee);
        for (uint64_t i = 0; i < count; ++i)
            words[i] = i * 5;
        EXPECT_OK(endpoint_reply, at.reply, Message_tag{0, count}, 0, 0, 0, 0);
    }};
    TAKE(server.start());
    auto& words = message_buffer().words;
    for (uint64_t i = 0; i < maximum_buffer_words; ++i)
        words[i] = i * 3;
    auto const answer = MUST(endpoint_call, at.endpoint, Message_tag{0, count}, 0, 0, 0, 0);
    EXPECT_EQUAL(answer.tag.buffer_words(), count);
    for (uint64_t i = 0; i < maximum_buffer_words; ++i)
        EXPECT_EQUAL(words[i], i < count ? i * 5 : i * 3);
    EXPECT(server.wait());
}

TEST(endpoint, one_buffer_word) { exchange_buffers(1); }
TEST(endpoint, some_buffer_words) { exchange_buffers(17); }
TEST(endpoint, all_buffer_words) { exchange_buffers(maximum_buffer_words); }

TEST(endpoint, works_between_processes) {
    auto const at = TAKE(arrange());
    auto child = TAKE(Child::create());
    auto const slot = TAKE(child.give(at.endpoint, endpoint_permission::call));
    TAKE(child.start(
        [](Words const& words) {
            auto const endpoint = static_cast<Capability_index>(words[0]);
            for (uint64_t i = 0; i < 100; ++i) {
                message_buffer().words[7] = i;
                auto const answer = MUST(endpoint_call, endpoint, Message_tag{1, 8}, i, 0, 0, 0);
                EXPECT_EQUAL(answer.w0, i + 1);
                EXPECT_EQUAL(message_buffer().words[200], i * i);
            }
        },
        {slot}));
    for (uint64_t i = 0; i < 100; ++i) {
        auto const got = MUST(endpoint_receive, at.endpoint, at.reply, soon());
        EXPECT_EQUAL(got.w0, i);
        EXPECT_EQUAL(message_buffer().words[7], i);
        message_buffer().words[200] = i * i;
        EXPECT_OK(endpoint_reply, at.reply, Message_tag{0, 201}, i + 1, 0, 0, 0);
    }
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

TEST(endpoint, badge_tells_callers_apart) {
    auto const at = TAKE(arrange());
    for (uint64_t const badge : {uint64_t{1}, uint64_t{2}, ~uint64_t{0}}) {
        auto const badged = TAKE(copy(at.endpoint, endpoint_permission::call, badge));
        Peer caller{[&] { static_cast<void>(call_with(badged, 0)); }};
        TAKE(caller.start());
        EXPECT_EQUAL(MUST(endpoint_receive, at.endpoint, at.reply, soon()).badge, badge);
        TAKE(answer_with(at.reply, 0));
        EXPECT(caller.wait());
    }
}

TEST(endpoint, callers_are_served_in_order) {
    TAKE(keep_to_one_processor());
    auto const at = TAKE(arrange());
    uint64_t next = 0;
    auto const body = [&] { static_cast<void>(call_with(at.endpoint, next++)); };
    using Caller = Peer<decltype(body)>;
    constexpr size_t count = 20;
    alignas(Caller) static unsigned char memory[count][sizeof(Caller)];
    for (auto& place : memory)
        TAKE((new (place) Caller{body})->start());
    EXPECT(others_wait());
    EXPECT_EQUAL(next, count);
    for (uint64_t i = 0; i < count; ++i) {
        EXPECT_EQUAL(MUST(endpoint_receive, at.endpoint, at.reply, at_once).w0, i);
        TAKE(answer_with(at.reply, 0));
    }
    EXPECT_ERROR(timed_out, endpoint_receive, at.endpoint, at.reply, at_once);
    for (auto& place : memory)
        EXPECT(reinterpret_cast<Caller*>(place)->wait());
}

TEST(endpoint, answers_may_come_in_any_order) {
    auto const at = TAKE(arrange());
    std::array<uint64_t, 3> answers{};
    std::array<Capability_index, 3> replies{};
    Peer a{[&] { answers[0] = MUST(endpoint_call, at.endpoint, Message_tag{}, 0, 0, 0, 0).w0; }};
    Peer b{[&] { answers[1] = MUST(endpoint_call, at.endpoint, Message_tag{}, 1, 0, 0, 0).w0; }};
    Peer c{[&] { answers[2] = MUST(endpoint_call, at.endpoint, Message_tag{}, 2, 0, 0, 0).w0; }};
    TAKE(a.start());
    EXPECT(others_wait());
    TAKE(b.start());
    EXPECT(others_wait());
    TAKE(c.start());
    for (auto& reply : replies) {
        reply = MUST(reply_create);
        EXPECT_OK(endpoint_receive, at.endpoint, reply, soon());
    }
    for (unsigned const i : {1U, 2U, 0U}) {
        TAKE(answer_with(replies[i], 100 + i));
        EXPECT(others_wait());
        EXPECT_EQUAL(answers[i], 100 + i);
    }
    EXPECT(a.wait() && b.wait() && c.wait());
}

TEST(endpoint, reply_and_receive_in_one) {
    auto const at = TAKE(arrange());
    uint64_t const both = uint64_t{at.reply} << 32 | at.endpoint;
    Peer server{[&] {
        auto got = MUST(endpoint_reply_receive, both, Message_tag{}, 0, 0, 0, 0);
        for (int i = 0; i < 50; ++i)
            got = MUST(endpoint_reply_receive, both, Message_tag{3, 0}, got.w0 + 1, 0, 0, 0);
        TAKE(answer_with(at.reply, 0));
    }};
    TAKE(server.start());
    for (uint64_t i = 0; i < 50; ++i) {
        auto const answer = MUST(endpoint_call, at.endpoint, Message_tag{}, i, 0, 0, 0);
        EXPECT_EQUAL(answer.w0, i + 1);
        EXPECT_EQUAL(answer.tag.label(), 3);
    }
    TAKE(call_with(at.endpoint, 0));
    EXPECT(server.wait());
}

TEST(endpoint, several_receivers_share_the_work) {
    auto const endpoint = MUST(endpoint_create);
    uint64_t served = 0;
    auto const serve = [&] {
        auto const reply = MUST(reply_create);
        for (int i = 0; i < 10; ++i) {
            auto const got = MUST(endpoint_receive, endpoint, reply, soon());
            ++served;
            TAKE(answer_with(reply, got.w0));
        }
    };
    Peer a{[&] { serve(); }};
    Peer b{[&] { serve(); }};
    TAKE(a.start());
    TAKE(b.start());
    for (uint64_t i = 0; i < 20; ++i)
        EXPECT_EQUAL(MUST(endpoint_call, endpoint, Message_tag{}, i, 0, 0, 0).w0, i);
    EXPECT(a.wait() && b.wait());
    EXPECT_EQUAL(served, 20);
}

TEST(endpoint, receive_has_a_deadline) {
    auto const at = TAKE(arrange());
    EXPECT_ERROR(timed_out, endpoint_receive, at.endpoint, at.reply, at_once);
    uint64_t const deadline = after(5 * millisecond);
    EXPECT_ERROR(timed_out, endpoint_receive, at.endpoint, at.reply, deadline);
    EXPECT(lavandin::now() >= deadline);
    // Nothing of it is left: a call after it finds a receiver as usual.
    Peer caller{[&] { static_cast<void>(call_with(at.endpoint, 6)); }};
    TAKE(caller.start());
    EXPECT_EQUAL(MUST(endpoint_receive, at.endpoint, at.reply, soon()).w0, 6);
    TAKE(answer_with(at.reply, 0));
    EXPECT(caller.wait());
}

TEST(endpoint, bound_notification_arrives_as_a_message) {
    auto const at = TAKE(arrange());
    auto const plain = MUST(notification_create);
    auto const badged = TAKE(copy(plain, notification_permission::signal, 0x30));
    EXPECT_OK(endpoint_bind, at.endpoint, plain);
    EXPECT_OK(notification_signal, badged);
    EXPECT_OK(notification_signal, plain);
    auto const got = MUST(endpoint_receive, at.endpoint, at.reply, at_once);
    EXPECT(got.tag.from_notification());
    EXPECT_EQUAL(got.w0, 0x31);
    EXPECT_EQUAL(got.badge, 0);
    EXPECT_ERROR(no_caller, endpoint_reply, at.reply, Message_tag{}, 0, 0, 0, 0);
    EXPECT_ERROR(timed_out, endpoint_receive, at.endpoint, at.reply, at_once);
}

TEST(endpoint, bound_notification_wakes_a_receiver) {
    auto const at = TAKE(arrange());
    auto const bell = MUST(notification_create);
    EXPECT_OK(endpoint_bind, at.endpoint, bell);
    Peer ringer{[&] {
        sleep_for(2 * millisecond);
        EXPECT_OK(notification_signal, bell);
    }};
    TAKE(ringer.start());
    EXPECT(MUST(endpoint_receive, at.endpoint, at.reply, soon()).tag.from_notification());
    EXPECT(ringer.wait());
}

TEST(endpoint, bind_refuses_what_is_bound) {
    auto const at = TAKE(arrange());
    auto const other = MUST(endpoint_create);
    auto const bell = MUST(notification_create);
    auto const second_bell = MUST(notification_create);
    EXPECT_OK(endpoint_bind, at.endpoint, bell);
    EXPECT_ERROR(busy, endpoint_bind, at.endpoint, second_bell);
    EXPECT_ERROR(busy, endpoint_bind, at.endpoint, bell);
    EXPECT_ERROR(busy, endpoint_bind, other, bell);
    EXPECT_ERROR(busy, notification_wait, bell, at_once);
    EXPECT_OK(endpoint_bind, at.endpoint, 0);
    EXPECT_ERROR(timed_out, notification_wait, bell, at_once);
    EXPECT_OK(endpoint_bind, other, bell);
    EXPECT_OK(endpoint_bind, at.endpoint, second_bell);
    EXPECT_OK(capability_delete, other); // unbinds
    EXPECT_ERROR(timed_out, notification_wait, bell, at_once);
}

} // namespace
