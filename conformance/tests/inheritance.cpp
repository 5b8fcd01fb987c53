// SPDX-License-Identifier: MIT
// Who waits for an answer lends its priority to who is to give it. In each test a middle thread
// runs for ever once nobody above it does: what comes in time was not below it. All of it happens
// on one processor.
#include "tests/common.hpp"

#include <array>

namespace {

using namespace conformance;

uint64_t own_priority() { return inherited().priority; }

bool raised(bool const& flag) { return __atomic_load_n(&flag, __ATOMIC_ACQUIRE); }
void raise(bool& flag) { __atomic_store_n(&flag, true, __ATOMIC_RELEASE); }

// The test's own thread runs whenever it does not sleep.
void wait_for(bool const& flag) {
    for (uint64_t const end = soon(); !raised(flag) && lavandin::now() < end;)
        sleep_for(millisecond);
    EXPECT(raised(flag));
}

struct Meeting {
    Capability_index endpoint, reply;
};

// What is lent shows only where threads share a processor.
Result<Meeting> arrange() {
    TRY_VOID(keep_to_one_processor());
    auto const endpoint = TRY(endpoint_create());
    return Meeting{endpoint, TRY(reply_create())};
}

Error call_in_time(Meeting const& at) {
    message_buffer().deadline = after(5 * second);
    return endpoint_call(at.endpoint, Message_tag{}.with_deadline(), 0, 0, 0, 0).error();
}

// Never gives way to those below it.
auto spinning(bool const& stop) {
    return [&stop] {
        while (!raised(stop))
            asm volatile("");
    };
}

TEST(inheritance, server_of_low_priority_answers_before_a_middle_thread_ends) {
    auto const at = TAKE(arrange());
    bool stop = false;
    Peer server{[&] {
        EXPECT_OK(endpoint_receive, at.endpoint, at.reply, soon());
        TAKE(answer_with(at.reply, 0));
    }};
    Peer middle{spinning(stop)};
    TAKE(server.start(own_priority() - 3));
    EXPECT(others_wait());
    TAKE(middle.start(own_priority() - 2));
    EXPECT_ANSWER(none, endpoint_call, call_in_time(at));
    EXPECT(!server.done()); // it has returned what it was lent
    raise(stop);
    EXPECT(middle.wait() && server.wait());
}

TEST(inheritance, caller_in_line_lends_as_well) {
    auto const at = TAKE(arrange());
    auto const go = MUST(notification_create);
    bool stop = false;
    Peer server{[&] {
        EXPECT_OK(endpoint_receive, at.endpoint, at.reply, soon());
        EXPECT_OK(notification_wait, go, soon());
        EXPECT_OK(endpoint_reply_receive, uint64_t{at.reply} << 32 | at.endpoint, Message_tag{}, 0,
                  0, 0, 0);
        TAKE(answer_with(at.reply, 0));
    }};
    Peer low{[&] { static_cast<void>(call_with(at.endpoint, 0)); }};
    Peer middle{spinning(stop)};
    TAKE(server.start(own_priority() - 3));
    TAKE(low.start(own_priority() - 3));
    EXPECT(others_wait());
    TAKE(middle.start(own_priority() - 2));
    EXPECT_OK(notification_signal, go);
    EXPECT_ANSWER(none, endpoint_call, call_in_time(at));
    EXPECT(!low.done());
    raise(stop);
    EXPECT(middle.wait() && low.wait() && server.wait());
}

// The call goes on to another server, and to another.
TEST(inheritance, goes_along_a_chain_of_calls) {
    std::array<Meeting, 3> at{TAKE(arrange()), TAKE(arrange()), TAKE(arrange())};
    bool stop = false;
    auto const pass_on = [&](unsigned i) {
        EXPECT_OK(endpoint_receive, at[i].endpoint, at[i].reply, soon());
        TAKE(call_with(at[i + 1].endpoint, 0));
        TAKE(answer_with(at[i].reply, 0));
    };
    Peer first{[&] { pass_on(0); }};
    Peer second{[&] { pass_on(1); }};
    Peer last{[&] {
        EXPECT_OK(endpoint_receive, at[2].endpoint, at[2].reply, soon());
        TAKE(answer_with(at[2].reply, 0));
    }};
    Peer middle{spinning(stop)};
    TAKE(first.start(own_priority() - 3));
    TAKE(second.start(own_priority() - 4));
    TAKE(last.start(own_priority() - 3));
    EXPECT(others_wait());
    TAKE(middle.start(own_priority() - 2));
    EXPECT_ANSWER(none, endpoint_call, call_in_time(at[0]));
    raise(stop);
    EXPECT(middle.wait() && first.wait() && second.wait() && last.wait());
}

// Two are in mid-call, and one that lends nothing yet is raised above the middle thread.
TEST(inheritance, follows_a_change_of_the_callers_priority) {
    auto const at = TAKE(arrange());
    auto const go = MUST(notification_create);
    bool stop = false;
    Peer server{[&] {
        EXPECT_OK(endpoint_receive, at.endpoint, at.reply, soon());
        EXPECT_OK(notification_wait, go, soon());
        TAKE(answer_with(at.reply, 0));
    }};
    Peer caller{[&] { TAKE(call_with(at.endpoint, 0)); }};
    Peer middle{spinning(stop)};
    TAKE(server.start(own_priority() - 3));
    TAKE(caller.start(own_priority() - 3));
    EXPECT(others_wait());
    TAKE(middle.start(own_priority() - 2));
    EXPECT_OK(notification_signal, go);
    EXPECT(!caller.wait(2 * millisecond));
    EXPECT_OK(thread_set_priority, caller.thread(), own_priority() - 1);
    EXPECT(caller.wait(5 * second));
    EXPECT(!server.done());
    raise(stop);
    EXPECT(middle.wait() && server.wait());
}

// What was lent goes back by each way in which a call may end.
void expect_returned(void (*end_call)(Peer_thread& caller, Capability_index reply)) {
    auto const at = TAKE(arrange());
    bool works = false;
    bool worked = false;
    bool stop = false;
    Peer server{[&] {
        EXPECT_OK(endpoint_receive, at.endpoint, at.reply, soon());
        raise(works);
        while (!raised(stop))
            asm volatile("");
        raise(worked);
    }};
    Peer caller{[&] {
        message_buffer().deadline = after(200 * millisecond);
        static_cast<void>(
            endpoint_call(at.endpoint, Message_tag{}.with_deadline(), 0, 0, 0, 0).error());
    }};
    Peer middle{spinning(stop)};
    TAKE(server.start(own_priority() - 3));
    EXPECT(others_wait());
    TAKE(middle.start(own_priority() - 2));
    TAKE(caller.start(own_priority() - 1));
    wait_for(works);
    end_call(caller, at.reply);
    raise(stop);
    EXPECT(middle.wait());
    EXPECT(!raised(worked)); // else it had run before the middle one
    EXPECT(server.wait());
}

TEST(inheritance, ends_with_the_deadline) {
    expect_returned([](Peer_thread& caller, Capability_index) { EXPECT(caller.wait()); });
}
TEST(inheritance, ends_with_the_caller) {
    expect_returned(
        [](Peer_thread& caller, Capability_index) { EXPECT_OK(thread_destroy, caller.thread()); });
}
TEST(inheritance, ends_with_the_reply_object) {
    expect_returned([](Peer_thread& caller, Capability_index reply) {
        EXPECT_OK(capability_delete, reply);
        EXPECT(caller.wait());
    });
}

TEST(inheritance, server_that_ends_in_mid_chain_lends_no_more) {
    auto const at = TAKE(arrange());
    auto const behind = TAKE(arrange());
    bool stop = false;
    bool works = false;
    bool worked = false;
    Peer last{[&] {
        EXPECT_OK(endpoint_receive, behind.endpoint, behind.reply, soon());
        raise(works);
        while (!raised(stop))
            asm volatile("");
        raise(worked);
    }};
    Peer first{[&] {
        EXPECT_OK(endpoint_receive, at.endpoint, at.reply, soon());
        static_cast<void>(call_with(behind.endpoint, 0));
    }};
    Peer caller{[&] { static_cast<void>(call_with(at.endpoint, 0)); }};
    Peer middle{spinning(stop)};
    TAKE(first.start(own_priority() - 3));
    TAKE(last.start(own_priority() - 3));
    EXPECT(others_wait());
    TAKE(middle.start(own_priority() - 2));
    TAKE(caller.start(own_priority() - 1));
    wait_for(works);
    EXPECT_OK(thread_destroy, first.thread());
    raise(stop);
    EXPECT(middle.wait());
    EXPECT(!raised(worked));
    EXPECT(last.wait());
    EXPECT_OK(capability_delete, at.reply);
    EXPECT(caller.wait());
}

TEST(inheritance, callers_are_served_by_priority) {
    auto const at = TAKE(arrange());
    Peer low{[&] { TAKE(call_with(at.endpoint, 1)); }};
    Peer first{[&] { TAKE(call_with(at.endpoint, 2)); }};
    Peer second{[&] { TAKE(call_with(at.endpoint, 3)); }};
    TAKE(low.start(own_priority() - 3));
    EXPECT(others_wait());
    TAKE(first.start(own_priority() - 1));
    EXPECT(others_wait());
    TAKE(second.start(own_priority() - 1));
    EXPECT(others_wait());
    for (uint64_t const expected : {2U, 3U, 1U}) {
        EXPECT_EQUAL(MUST(endpoint_receive, at.endpoint, at.reply, at_once).w0, expected);
        TAKE(answer_with(at.reply, 0));
    }
    EXPECT(low.wait() && first.wait() && second.wait());
}

// A server may not keep, or pass on, what it was lent.
TEST(inheritance, gives_no_right_to_give_priorities) {
    auto const at = TAKE(arrange());
    auto const process = TAKE(empty_process());
    Peer server{[&] {
        EXPECT_OK(endpoint_receive, at.endpoint, at.reply, soon());
        EXPECT_ERROR(invalid_argument, thread_set_priority, 0, own_priority() - 2);
        EXPECT_ERROR(invalid_argument, thread_create, process, user_begin, user_end, 0,
                     own_priority() - 2, user_begin);
        EXPECT_OK(thread_set_priority, 0, own_priority() - 3);
        TAKE(answer_with(at.reply, 0));
    }};
    TAKE(server.start(own_priority() - 3));
    EXPECT_ANSWER(none, endpoint_call, call_in_time(at));
    EXPECT(server.wait());
}

} // namespace
