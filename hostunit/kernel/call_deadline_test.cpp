// SPDX-License-Identifier: MIT
// Calls that end at a deadline.
#include "ipc_fixture.hpp"

namespace kernel {
namespace {

using namespace abi;

class Call_deadlines : public Ipc {
protected:
    void send_until(uint64_t deadline) {
        client.thread->buffer().deadline = deadline;
        send(Message_tag{5, 0}.with_deadline().raw());
    }
    Error answer_server() {
        run(*server.thread);
        return call(Call::endpoint_reply, {reply, tag(6), 0, 0, 0, 0}).error;
    }
    Error client_error() {
        run(*client.thread);
        return answer_of(*client.thread).error;
    }
};

TEST_F(Call_deadlines, one_in_line_leaves_it) {
    send_until(fake::platform().now + 500);
    advance(499);
    EXPECT_EQ(client.thread->wait, Wait::call);
    advance(1);
    EXPECT_EQ(client_error(), Error::timed_out);
    receive(at_once);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out) << "the message is gone";
}

TEST_F(Call_deadlines, one_held_leaves_the_reply_object) {
    receive();
    send_until(fake::platform().now + 500);
    EXPECT_EQ(answer_of(*server.thread)[1], tag(5)) << "the bit does not travel";
    advance(500);
    EXPECT_EQ(client_error(), Error::timed_out);
    EXPECT_EQ(answer_server(), Error::no_caller);
    meet(); // the object is free
}

TEST_F(Call_deadlines, goes_on_when_the_call_is_received) {
    send_until(fake::platform().now + 500);
    receive();
    EXPECT_EQ(client.thread->wait, Wait::answer);
    advance(500);
    EXPECT_EQ(client_error(), Error::timed_out);
}

TEST_F(Call_deadlines, an_answer_in_time_disarms_it) {
    receive();
    send_until(fake::platform().now + 500);
    EXPECT_EQ(answer_server(), Error::none);
    EXPECT_FALSE(client.thread->armed());
    advance(1000);
    EXPECT_EQ(client_error(), Error::none);
}

TEST_F(Call_deadlines, one_that_has_passed_sends_nothing) {
    for (uint64_t const deadline : {at_once, fake::platform().now}) {
        receive();
        send_until(deadline);
        EXPECT_EQ(answer_of(*client.thread).error, Error::timed_out);
        EXPECT_EQ(server.thread->wait, Wait::receive);
        advance(1'000'000'000);
        send();
        EXPECT_EQ(answer_server(), Error::none);
    }
}

TEST_F(Call_deadlines, forever_is_none) {
    send_until(forever);
    EXPECT_FALSE(client.thread->armed());
    EXPECT_EQ(client.thread->wait, Wait::call);
}

TEST_F(Call_deadlines, ends_with_the_call) {
    send_until(fake::platform().now + 500);
    run(root());
    call(Call::process_destroy, {server.slot, 0});
    EXPECT_EQ(client_error(), Error::peer_died);
    EXPECT_FALSE(client.thread->armed());
}

TEST_F(Call_deadlines, answering_knows_none) {
    meet();
    uint64_t const raw = Message_tag{}.with_deadline().raw();
    EXPECT_EQ(call(Call::endpoint_reply, {reply, raw, 0, 0, 0, 0}).error, Error::invalid_argument);
    EXPECT_EQ(client.thread->wait, Wait::answer);
}

TEST_F(Call_deadlines, answering_and_receiving_has_one) {
    uint64_t const both = in_server | uint64_t{reply} << 32;
    uint64_t const raw = Message_tag{9, 0}.with_deadline().raw();
    meet();
    server.thread->buffer().deadline = fake::platform().now + 500;
    call(Call::endpoint_reply_receive, {both, raw, 0, 0, 0, 0});
    EXPECT_EQ(answer_of(*client.thread)[1], tag(9));
    EXPECT_EQ(server.thread->wait, Wait::receive);
    advance(500);
    run(*server.thread);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out);
    meet();
    server.thread->buffer().deadline = at_once;
    EXPECT_EQ(call(Call::endpoint_reply_receive, {both, raw, 0, 0, 0, 0}).error, Error::timed_out);
    EXPECT_EQ(client_error(), Error::none) << "the answer was sent";
}

} // namespace
} // namespace kernel
