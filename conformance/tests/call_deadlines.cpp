// SPDX-License-Identifier: MIT
// Calls that end at a deadline, wherever they are then.
#include "tests/common.hpp"

namespace {

using namespace conformance;

constexpr Message_tag timed = Message_tag{7, 0}.with_deadline();

Result<Endpoint_call_out> call_until(Capability_index endpoint, uint64_t deadline) {
    message_buffer().deadline = deadline;
    return endpoint_call(endpoint, timed, 1, 2, 3, 4);
}

TEST(deadline, call_that_nobody_receives) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    uint64_t const deadline = after(5 * millisecond);
    EXPECT_ANSWER(timed_out, endpoint_call, call_until(endpoint, deadline).error());
    EXPECT(lavandin::now() >= deadline);
    EXPECT_ERROR(timed_out, endpoint_receive, endpoint, reply, at_once);
}

TEST(deadline, call_that_nobody_answers) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Peer silent{[&] {
        auto const got = MUST(endpoint_receive, endpoint, reply, soon());
        EXPECT_EQUAL(got.tag.raw(), (Message_tag{7, 0}.raw())); // the bit does not travel
        static_cast<void>(thread_sleep(forever));
    }};
    TAKE(silent.start());
    uint64_t const deadline = after(5 * millisecond);
    EXPECT_ANSWER(timed_out, endpoint_call, call_until(endpoint, deadline).error());
    EXPECT(lavandin::now() >= deadline);
    EXPECT_ERROR(no_caller, endpoint_reply, reply, Message_tag{}, 0, 0, 0, 0);
}

// Again with more time if the machine was so slow that the deadline came first.
TEST(deadline, call_that_is_received_late) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Error answer = Error::none;
    uint64_t length = 20 * millisecond;
    auto const call = [&] { answer = call_until(endpoint, after(length)).error(); };
    for (Error received = Error::timed_out; received == Error::timed_out && length < 10 * second;
         length *= 4) {
        Peer caller{call};
        TAKE(caller.start());
        EXPECT(others_wait());
        received = endpoint_receive(endpoint, reply, at_once).error();
        EXPECT(caller.wait());
    }
    EXPECT(length < 10 * second);
    EXPECT_ANSWER(timed_out, endpoint_call, answer);
    EXPECT_ERROR(no_caller, endpoint_reply, reply, Message_tag{}, 0, 0, 0, 0);
}

TEST(deadline, answer_in_time) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    uint64_t const both = uint64_t{reply} << 32 | endpoint;
    Peer server{[&] {
        auto got = MUST(endpoint_reply_receive, both, Message_tag{}, 0, 0, 0, 0);
        for (int i = 0; i < 20; ++i)
            got = MUST(endpoint_reply_receive, both, Message_tag{}, got.w3, 0, 0, 0);
        TAKE(answer_with(reply, 4));
    }};
    TAKE(server.start());
    for (int i = 0; i <= 20; ++i)
        EXPECT_EQUAL(TAKE(call_until(endpoint, soon())).w0, 4);
    EXPECT(server.wait());
    message_buffer().deadline = forever;
    EXPECT_ERROR(timed_out, endpoint_receive, endpoint, reply, at_once);
}

TEST(deadline, one_that_has_passed_sends_nothing) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Peer server{[&] {
        EXPECT_EQUAL(MUST(endpoint_receive, endpoint, reply, soon()).w0, 9);
        TAKE(answer_with(reply, 0));
    }};
    TAKE(server.start());
    EXPECT(others_wait());
    EXPECT_ANSWER(timed_out, endpoint_call, call_until(endpoint, at_once).error());
    EXPECT_ANSWER(timed_out, endpoint_call, call_until(endpoint, lavandin::now()).error());
    TAKE(call_with(endpoint, 9));
    EXPECT(server.wait());
}

// What it checks comes first.
TEST(deadline, one_that_has_passed_hides_no_other_error) {
    auto const endpoint = MUST(endpoint_create);
    auto const weak = TAKE(copy(endpoint, endpoint_permission::receive));
    EXPECT_ANSWER(permission_denied, endpoint_call, call_until(weak, at_once).error());
    EXPECT_ANSWER(invalid_capability, endpoint_call, call_until(empty_slot, at_once).error());
    EXPECT_ERROR(invalid_argument, endpoint_call, endpoint,
                 (Message_tag{0, maximum_buffer_words + 1}.with_deadline()), 0, 0, 0, 0);
}

TEST(deadline, capabilities_stay_with_the_receiver) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    auto const bell = MUST(notification_create);
    Peer silent{[&] {
        message_buffer().accepted_transfers = 1;
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        EXPECT_OK(notification_wait, bell, soon());
        EXPECT_OK(notification_signal, message_buffer().received[0].index);
    }};
    TAKE(silent.start());
    message_buffer().sent[0] = {bell, notification_permission::signal, 0x40};
    message_buffer().deadline = after(500 * millisecond); // it must be received before
    EXPECT_ERROR(timed_out, endpoint_call, endpoint, (Message_tag{0, 0, 1}.with_deadline()), 0, 0,
                 0, 0);
    EXPECT_OK(notification_signal, bell);
    EXPECT(silent.wait());
    EXPECT_EQUAL(MUST(notification_wait, bell, at_once), 0x40);
}

TEST(deadline, of_an_answer_that_waits_for_the_next) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    uint64_t const both = uint64_t{reply} << 32 | endpoint;
    Peer caller{[&] {
        EXPECT_EQUAL(TAKE(call_with(endpoint, 0)).w0, 5);
        EXPECT_EQUAL(TAKE(call_with(endpoint, 0)).w0, 6);
    }};
    TAKE(caller.start());
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    message_buffer().deadline = at_once;
    EXPECT_ERROR(timed_out, endpoint_reply_receive, both, timed, 5, 0, 0, 0);
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    uint64_t const deadline = message_buffer().deadline = after(5 * millisecond);
    EXPECT_ERROR(timed_out, endpoint_reply_receive, both, timed, 6, 0, 0, 0);
    EXPECT(lavandin::now() >= deadline);
    EXPECT(caller.wait());
}

} // namespace
