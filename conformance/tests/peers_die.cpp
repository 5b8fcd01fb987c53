// SPDX-License-Identifier: MIT
// Whoever waits for somebody learns of his end.
#include "tests/common.hpp"

namespace {

using namespace conformance;

// A thread that calls and notes what comes.
struct Caller {
    explicit Caller(Capability_index endpoint) : peer{Body{this, endpoint}} {}

    struct Body {
        Caller* self;
        Capability_index endpoint;
        void operator()() const { self->answer = call_with(endpoint, 0).error(); }
    };
    Error answer{Error::none};
    Peer<Body> peer;
};

#define EXPECT_PEER_DIED(caller)                                                                   \
    do {                                                                                           \
        EXPECT((caller).peer.wait());                                                              \
        EXPECT_ANSWER(peer_died, endpoint_call, (caller).answer);                                  \
    } while (false)

TEST(peer_died, nobody_could_receive) {
    auto const endpoint = MUST(endpoint_create);
    auto const weak = TAKE(copy(endpoint, endpoint_permission::call));
    EXPECT_OK(capability_delete, endpoint);
    EXPECT_ERROR(peer_died, endpoint_call, weak, Message_tag{}, 0, 0, 0, 0);
}

TEST(peer_died, last_receive_capability_goes_while_calls_wait) {
    auto const endpoint = MUST(endpoint_create);
    auto const weak = TAKE(copy(endpoint, endpoint_permission::call));
    Caller first{weak};
    Caller second{weak};
    TAKE(first.peer.start());
    TAKE(second.peer.start());
    EXPECT(others_wait());
    auto const keeper = TAKE(copy(endpoint, endpoint_permission::receive));
    EXPECT_OK(capability_delete, endpoint);
    EXPECT(!first.peer.wait(2 * millisecond)); // one is left
    EXPECT_OK(capability_delete, keeper);
    EXPECT_PEER_DIED(first);
    EXPECT_PEER_DIED(second);
}

TEST(peer_died, reply_object_goes) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Caller caller{endpoint};
    TAKE(caller.peer.start());
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    EXPECT_OK(capability_delete, reply);
    EXPECT_PEER_DIED(caller);
}

TEST(peer_died, reply_object_takes_another_caller) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Caller first{endpoint};
    Caller second{endpoint};
    TAKE(first.peer.start());
    EXPECT(others_wait());
    TAKE(second.peer.start());
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    EXPECT_PEER_DIED(first);
    TAKE(answer_with(reply, 0));
    EXPECT(second.peer.wait());
    EXPECT_EQUAL(second.answer, Error::none);
}

void serve_and_end(Words const& words) {
    auto const endpoint = static_cast<Capability_index>(words[0]);
    EXPECT_OK(endpoint_receive, endpoint, MUST(reply_create), soon());
    if (words[1] == 0)
        static_cast<void>(process_destroy(self_process, 0));
    if (words[1] == 1)
        write_byte(8, 0);
    static_cast<void>(thread_sleep(forever));
}

// The only receiver is a process that ends with the call in its hands. How: words[1].
void call_one_that_ends(uint64_t way) {
    auto const endpoint = MUST(endpoint_create);
    auto const weak = TAKE(copy(endpoint, endpoint_permission::call));
    auto child = TAKE(Child::create());
    auto const slot = TAKE(child.give(endpoint));
    EXPECT_OK(capability_delete, endpoint);
    TAKE(child.start(serve_and_end, {slot, way}));
    Caller caller{weak};
    Caller queued{weak};
    TAKE(caller.peer.start());
    TAKE(queued.peer.start());
    EXPECT(others_wait());
    if (way == 2)
        EXPECT_OK(process_destroy, child.process().index(), 0);
    EXPECT_PEER_DIED(caller);
    EXPECT_PEER_DIED(queued);
}

TEST(peer_died, server_exits) { call_one_that_ends(0); }
TEST(peer_died, server_faults) { call_one_that_ends(1); }
TEST(peer_died, server_is_killed) { call_one_that_ends(2); }

TEST(peer_died, server_thread_ends_but_its_reply_object_stays) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Peer server{[&] { EXPECT_OK(endpoint_receive, endpoint, reply, soon()); }};
    TAKE(server.start());
    Caller caller{endpoint};
    TAKE(caller.peer.start());
    EXPECT(server.wait());
    TAKE(answer_with(reply, 0)); // anybody who has the reply object may answer
    EXPECT(caller.peer.wait());
    EXPECT_EQUAL(caller.answer, Error::none);
}

TEST(peer_died, caller_is_ended_while_it_is_held) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Caller caller{endpoint};
    TAKE(caller.peer.start());
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    EXPECT_OK(thread_destroy, caller.peer.thread());
    EXPECT_ERROR(no_caller, endpoint_reply, reply, Message_tag{}, 0, 0, 0, 0);
    EXPECT_ERROR(timed_out, endpoint_receive, endpoint, reply, at_once);
}

TEST(peer_died, callers_process_is_killed_while_it_is_held) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    auto child = TAKE(Child::create());
    auto const slot = TAKE(child.give(endpoint, endpoint_permission::call));
    TAKE(child.start(
        [](Words const& words) {
            static_cast<void>(call_with(static_cast<Capability_index>(words[0]), 0));
        },
        {slot}));
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    EXPECT_OK(process_destroy, child.process().index(), 0);
    EXPECT_ERROR(no_caller, endpoint_reply, reply, Message_tag{}, 0, 0, 0, 0);
}

// The receiver still gets a message, but nobody could answer it.
TEST(peer_died, reply_object_goes_while_a_receiver_waits_with_it) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Peer receiver{[&] {
        EXPECT_EQUAL(MUST(endpoint_receive, endpoint, reply, soon()).w0, 3);
        EXPECT_ERROR(invalid_capability, endpoint_reply, reply, Message_tag{}, 0, 0, 0, 0);
    }};
    TAKE(receiver.start());
    EXPECT(others_wait());
    EXPECT_OK(capability_delete, reply);
    EXPECT_ERROR(peer_died, endpoint_call, endpoint, Message_tag{}, 3, 0, 0, 0);
    EXPECT(receiver.wait());
}

TEST(peer_died, endpoint_goes_while_a_receiver_waits) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Error answer = Error::none;
    Peer receiver{[&] { answer = endpoint_receive(endpoint, reply, soon()).error(); }};
    TAKE(receiver.start());
    EXPECT(others_wait());
    EXPECT_OK(capability_delete, endpoint);
    EXPECT(receiver.wait());
    EXPECT_ANSWER(peer_died, endpoint_receive, answer);
    EXPECT_ERROR(no_caller, endpoint_reply, reply, Message_tag{}, 0, 0, 0, 0);
}

TEST(peer_died, endpoint_goes_while_one_replies_and_receives) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Error answer = Error::none;
    Peer receiver{[&] {
        answer = endpoint_reply_receive(uint64_t{reply} << 32 | endpoint, Message_tag{}, 0, 0, 0, 0)
                     .error();
    }};
    TAKE(receiver.start());
    EXPECT(others_wait());
    EXPECT_OK(capability_delete, endpoint);
    EXPECT(receiver.wait());
    EXPECT_ANSWER(peer_died, endpoint_reply_receive, answer);
}

TEST(peer_died, notification_goes_while_somebody_waits) {
    auto const bell = MUST(notification_create);
    Error answer = Error::none;
    Peer waiter{[&] { answer = notification_wait(bell, soon()).error(); }};
    TAKE(waiter.start());
    EXPECT(others_wait());
    EXPECT_OK(capability_delete, bell);
    EXPECT(waiter.wait());
    EXPECT_ANSWER(peer_died, notification_wait, answer);
}

} // namespace
