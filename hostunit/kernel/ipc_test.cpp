// SPDX-License-Identifier: MIT
// Endpoints, replies and notifications, as user mode sees them.
#include "ipc_fixture.hpp"

namespace kernel {
namespace {

using namespace abi;

TEST_F(Ipc, a_waiting_server_gets_the_message_and_runs_at_once) {
    meet();
    Answer const message = answer_of(*server.thread);
    EXPECT_EQ(message[0], 77u);
    EXPECT_EQ(message[1], tag(5));
    EXPECT_EQ(message[2], 10u);
    EXPECT_EQ(message[5], 13u);
    EXPECT_EQ(client.thread->wait, Wait::answer);
}

TEST_F(Ipc, a_waiting_caller_is_found_by_the_server) {
    send();
    EXPECT_EQ(client.thread->wait, Wait::call);
    receive();
    Answer const message = answer_of(*server.thread);
    EXPECT_EQ(current(), server.thread.get());
    EXPECT_EQ(message[0], 77u);
    EXPECT_EQ(message[2], 10u);
}

TEST_F(Ipc, the_answer_reaches_the_caller) {
    meet();
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag(6), 20, 21, 22, 23}).error, Error::none);
    run(*client.thread);
    Answer const answer = answer_of(*client.thread);
    EXPECT_EQ(answer.error, Error::none);
    EXPECT_EQ(answer[0], 0u);
    EXPECT_EQ(answer[1], tag(6));
    EXPECT_EQ(answer[5], 23u);
}

TEST_F(Ipc, buffer_words_travel_both_ways_and_no_further) {
    receive();
    run(*client.thread);
    auto& sent = client.thread->buffer().words;
    for (uint64_t i = 0; i < maximum_buffer_words; ++i)
        sent[i] = 1000 + i;
    auto& received = server.thread->buffer().words;
    received[200] = 42;
    send(tag(1, 200));
    EXPECT_EQ(received[0], 1000u);
    EXPECT_EQ(received[199], 1199u);
    EXPECT_EQ(received[200], 42u);
    received[255] = 5;
    run(*server.thread);
    call(Call::endpoint_reply, {reply, tag(1, 256), 0, 0, 0, 0});
    EXPECT_EQ(sent[255], 5u);
}

TEST_F(Ipc, reply_and_receive_in_one_entry) {
    meet();
    uint64_t const both = in_server | uint64_t{reply} << 32;
    call(Call::endpoint_reply_receive, {both, tag(9), 1, 2, 3, 4});
    EXPECT_EQ(current(), client.thread.get()) << "the server waits, so the client runs at once";
    EXPECT_EQ(answer_of(*client.thread)[1], tag(9));
    EXPECT_EQ(server.thread->wait, Wait::receive);
    send(tag(7));
    EXPECT_EQ(current(), server.thread.get());
    EXPECT_EQ(answer_of(*server.thread)[1], tag(7));
}

TEST_F(Ipc, reply_and_receive_takes_the_next_caller_at_once) {
    meet();
    Child const second = [this] {
        run(root());
        return spawn_thread(client, 1);
    }();
    run(*second.thread);
    call(Call::endpoint_call, {in_client, tag(8), 0, 0, 0, 0});
    run(*server.thread);
    uint64_t const both = in_server | uint64_t{reply} << 32;
    Answer const next = call(Call::endpoint_reply_receive, {both, tag(9), 0, 0, 0, 0});
    EXPECT_EQ(current(), server.thread.get());
    EXPECT_EQ(next[1], tag(8));
    run(*client.thread);
    EXPECT_EQ(answer_of(*client.thread)[1], tag(9));
}

TEST_F(Ipc, reply_without_a_caller) {
    run(*server.thread);
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag(0), 0, 0, 0, 0}).error, Error::no_caller);
}

TEST_F(Ipc, receiving_ends_at_its_deadline) {
    receive(fake::platform().now + 500);
    EXPECT_EQ(server.thread->wait, Wait::receive);
    EXPECT_LE(fake::own().programmed, fake::platform().now + 500);
    advance(499);
    EXPECT_EQ(server.thread->wait, Wait::receive);
    advance(1);
    run(*server.thread);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out);
    meet(); // the reply object is free again
}

TEST_F(Ipc, a_deadline_in_the_past_only_looks) {
    receive(fake::platform().now - 1);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out);
    receive(at_once);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out);
    send();
    receive(at_once);
    EXPECT_EQ(answer_of(*server.thread).error, Error::none);
}

TEST_F(Ipc, a_message_in_time_disarms_the_deadline) {
    receive(fake::platform().now + 500);
    send();
    ASSERT_EQ(answer_of(*server.thread).error, Error::none);
    advance(1000);
    EXPECT_EQ(answer_of(*server.thread).error, Error::none);
    EXPECT_FALSE(server.thread->armed());
}

TEST_F(Ipc, receiving_again_gives_up_the_caller_that_was_not_answered) {
    meet();
    receive();
    run(*client.thread);
    EXPECT_EQ(answer_of(*client.thread).error, Error::peer_died);
}

TEST_F(Ipc, a_reply_object_serves_one_receiver) {
    receive();
    run(root());
    Child const second = spawn_thread(server, 1);
    run(*second.thread);
    EXPECT_EQ(call(Call::endpoint_receive, {in_server, reply, forever}).error, Error::busy);
}

TEST_F(Ipc, deleting_the_reply_object_frees_its_caller) {
    meet();
    EXPECT_EQ(call(Call::capability_delete, {reply}).error, Error::none);
    run(*client.thread);
    EXPECT_EQ(answer_of(*client.thread).error, Error::peer_died);
}

// The receiver waits with an object that nobody can name any more.
TEST_F(Ipc, deleting_the_reply_object_of_a_waiting_receiver) {
    run(root());
    Child const second = spawn_thread(server, 1);
    receive();
    run(*second.thread);
    EXPECT_EQ(call(Call::capability_delete, {reply}).error, Error::none);
    send();
    EXPECT_NE(client.thread->wait, Wait::answer) << "nobody can ever answer";
    run(*client.thread);
    EXPECT_EQ(answer_of(*client.thread).error, Error::peer_died);
}

TEST_F(Ipc, deleting_the_reply_object_of_a_receiver_that_ends) {
    run(root());
    Child const second = spawn_thread(server, 1);
    receive();
    run(*second.thread);
    EXPECT_EQ(call(Call::capability_delete, {reply}).error, Error::none);
    run(root());
    EXPECT_EQ(call(Call::thread_destroy, {server.thread_slot}).error, Error::none);
}

TEST_F(Ipc, a_caller_learns_that_the_server_died_while_it_waited_in_line) {
    send();
    run(root());
    EXPECT_EQ(call(Call::process_destroy, {server.slot, 0}).error, Error::none);
    run(*client.thread);
    EXPECT_EQ(answer_of(*client.thread).error, Error::peer_died);
}

TEST_F(Ipc, a_caller_learns_that_the_server_died_before_it_answered) {
    meet();
    call(Call::process_destroy, {self_process, 3});
    run(*client.thread);
    EXPECT_EQ(answer_of(*client.thread).error, Error::peer_died);
    send();
    EXPECT_EQ(answer_of(*client.thread).error, Error::peer_died);
}

TEST_F(Ipc, a_client_that_ends_leaves_the_reply_object) {
    meet();
    run(root());
    EXPECT_EQ(call(Call::process_destroy, {client.slot, 0}).error, Error::none);
    run(*server.thread);
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag(0), 0, 0, 0, 0}).error, Error::no_caller);
}

TEST_F(Ipc, a_client_that_ends_leaves_the_line) {
    send();
    run(root());
    EXPECT_EQ(call(Call::thread_destroy, {client.thread_slot}).error, Error::none);
    receive(at_once);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out);
}

TEST_F(Ipc, callers_with_a_tag_that_is_not_sendable_do_not_wait) {
    for (uint64_t const raw :
         {tag(0, 257), tag(0, 0, 5), Message_tag::notification().raw(), uint64_t{1} << 20}) {
        send(raw);
        EXPECT_EQ(answer_of(*client.thread).error, Error::invalid_argument) << raw;
    }
    meet();
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag(0, 257), 0, 0, 0, 0}).error,
              Error::invalid_argument);
    EXPECT_EQ(client.thread->wait, Wait::answer);
}

TEST_F(Ipc, wrong_slots_are_told_apart) {
    run(*client.thread);
    EXPECT_EQ(call(Call::endpoint_call, {0, tag(0)}).error, Error::invalid_capability);
    EXPECT_EQ(call(Call::endpoint_call, {99, tag(0)}).error, Error::invalid_capability);
    EXPECT_EQ(call(Call::endpoint_call, {~0u, tag(0)}).error, Error::invalid_capability);
    EXPECT_EQ(call(Call::endpoint_call, {self_process, tag(0)}).error, Error::wrong_type);
    Slot const own = make(Call::reply_create);
    EXPECT_EQ(call(Call::endpoint_receive, {in_client, own, 0}).error, Error::permission_denied);
}

class Transfers : public Ipc {
protected:
    void accept(Child const& child, uint64_t count) {
        child.thread->buffer().accepted_transfers = count;
    }
    void offer(Child const& child, unsigned index, Transfer transfer) {
        child.thread->buffer().sent[index] = transfer;
    }
    Answer look(Child const& child, Slot slot) {
        run(*child.thread);
        return call(Call::capability_information, {slot});
    }
};

TEST_F(Transfers, a_capability_arrives_with_fewer_permissions_and_a_badge) {
    accept(server, 4);
    receive();
    run(*client.thread);
    Slot const given = make(Call::notification_create);
    offer(client, 0, {given, notification_permission::signal, 6});
    send(tag(0, 0, 1));
    auto const& received = server.thread->buffer().received;
    Answer const found = look(server, received[0].index);
    EXPECT_EQ(found.error, Error::none);
    EXPECT_EQ(found[0], static_cast<uint64_t>(Object_type::notification));
    EXPECT_EQ(found[1], notification_permission::signal);
    EXPECT_EQ(found[2], 6u);
    EXPECT_EQ(received[1].index, 0u);
}

TEST_F(Transfers, more_than_the_receiver_accepts_fail_the_caller_only) {
    accept(server, 1);
    receive();
    run(*client.thread);
    Slot const given = make(Call::notification_create);
    offer(client, 0, {given, 3, 0});
    offer(client, 1, {given, 3, 0});
    send(tag(0, 0, 2));
    EXPECT_EQ(answer_of(*client.thread).error, Error::too_large);
    EXPECT_EQ(server.thread->wait, Wait::receive);
}

class Failing_transfer : public Transfers, public testing::WithParamInterface<bool> {};

// With the server waiting for the message, and with the message waiting for the server.
TEST_P(Failing_transfer, takes_back_those_before_it) {
    accept(server, 4);
    run(*client.thread);
    Slot const given = make(Call::notification_create);
    run(*server.thread);
    Slot const probe = make(Call::notification_create); // also makes the table's page
    ASSERT_EQ(call(Call::capability_delete, {probe}).error, Error::none);
    if (GetParam())
        receive();
    run(*client.thread);
    auto const before = usage();
    offer(client, 0, {given, 3, 0});
    offer(client, 1, {given, 1, 4});
    offer(client, 2, {999, 3, 0});
    send(tag(0, 0, 3));
    if (!GetParam())
        receive(at_once);
    EXPECT_EQ(usage(), before);
    run(*client.thread);
    EXPECT_EQ(answer_of(*client.thread).error, Error::invalid_capability);
    if (GetParam()) {
        EXPECT_EQ(server.thread->wait, Wait::receive);
        send(); // ends the wait
    }
    run(*server.thread);
    EXPECT_EQ(make(Call::notification_create), probe) << "a slot is still taken";
}

INSTANTIATE_TEST_SUITE_P(Order, Failing_transfer, testing::Bool());

// The endpoint itself is sent to its own receiver, then taken back.
TEST_F(Transfers, one_that_fails_takes_back_the_endpoint_it_came_through) {
    accept(server, 4);
    run(root());
    Slot const endpoint = make(Call::endpoint_create);
    Slot const of_server = give(server, endpoint);
    Slot const of_client = give(client, endpoint);
    run(*server.thread);
    call(Call::endpoint_receive, {of_server, reply, forever});
    run(*client.thread);
    offer(client, 0, {of_client, endpoint_permission::all, 0});
    offer(client, 1, {999, 1, 0});
    Answer const answer = call(Call::endpoint_call, {of_client, tag(0, 0, 2), 0, 0, 0, 0});
    EXPECT_EQ(answer.error, Error::invalid_capability);
}

TEST_F(Transfers, a_capability_in_an_answer) {
    meet();
    accept(client, 1);
    Slot const given = make(Call::notification_create);
    offer(server, 0, {given, 1, 0});
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag(0, 0, 1), 0, 0, 0, 0}).error, Error::none);
    Slot const arrived = client.thread->buffer().received[0].index;
    EXPECT_EQ(look(client, arrived)[0], static_cast<uint64_t>(Object_type::notification));
}

TEST_F(Transfers, an_answer_that_fails_leaves_the_caller_waiting) {
    meet();
    Slot const given = make(Call::notification_create);
    offer(server, 0, {given, 1, 0});
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag(0, 0, 1), 0, 0, 0, 0}).error,
              Error::too_large);
    EXPECT_EQ(client.thread->wait, Wait::answer);
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag(0), 0, 0, 0, 0}).error, Error::none);
}

class Notifications : public Ipc {
protected:
    Notifications() {
        run(root());
        Slot const made = make(Call::notification_create);
        to_wait = give(server, made, notification_permission::wait);
        to_signal = give(client, made, notification_permission::signal, 0x30);
        call(Call::capability_delete, {made});
    }
    void signal() {
        run(*client.thread);
        EXPECT_EQ(call(Call::notification_signal, {to_signal}).error, Error::none);
    }
    void wait(uint64_t deadline = forever) {
        run(*server.thread);
        call(Call::notification_wait, {to_wait, deadline});
    }
    void bind() {
        run(*server.thread);
        EXPECT_EQ(call(Call::endpoint_bind, {in_server, to_wait}).error, Error::none);
    }
    Slot to_wait, to_signal;
};

TEST_F(Notifications, bits_set_before_are_taken_at_once) {
    signal();
    wait(at_once);
    EXPECT_EQ(answer_of(*server.thread).error, Error::none);
    EXPECT_EQ(answer_of(*server.thread)[0], 0x30u);
    wait(at_once);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out);
}

TEST_F(Notifications, bits_wake_who_waits) {
    wait();
    EXPECT_EQ(server.thread->wait, Wait::notification);
    signal();
    run(*server.thread);
    EXPECT_EQ(answer_of(*server.thread).error, Error::none);
    EXPECT_EQ(answer_of(*server.thread)[0], 0x30u);
}

TEST_F(Notifications, waiting_ends_at_its_deadline) {
    wait(fake::platform().now + 10);
    advance(10);
    run(*server.thread);
    EXPECT_EQ(answer_of(*server.thread).error, Error::timed_out);
    signal();
    wait(at_once);
    EXPECT_EQ(answer_of(*server.thread)[0], 0x30u) << "the signal came after the wait ended";
}

TEST_F(Notifications, one_thread_waits) {
    run(root());
    Child const second = spawn_thread(server, 1);
    wait();
    run(*second.thread);
    EXPECT_EQ(call(Call::notification_wait, {to_wait, forever}).error, Error::busy);
}

TEST_F(Notifications, deleting_it_wakes_who_waits) {
    run(root());
    Child const second = spawn_thread(server, 1);
    wait();
    run(*client.thread);
    call(Call::capability_delete, {to_signal});
    run(*second.thread);
    call(Call::capability_delete, {to_wait});
    run(*server.thread);
    EXPECT_EQ(answer_of(*server.thread).error, Error::peer_died);
}

TEST_F(Notifications, permissions_are_kept_apart) {
    run(*client.thread);
    EXPECT_EQ(call(Call::notification_wait, {to_signal, 0}).error, Error::permission_denied);
    run(*server.thread);
    EXPECT_EQ(call(Call::notification_signal, {to_wait}).error, Error::permission_denied);
}

TEST_F(Notifications, bound_bits_arrive_as_a_message) {
    bind();
    receive();
    signal();
    run(*server.thread);
    Answer const message = answer_of(*server.thread);
    EXPECT_EQ(message.error, Error::none);
    EXPECT_EQ(message[1], Message_tag::notification().raw());
    EXPECT_EQ(message[2], 0x30u);
    meet(); // the reply object is free
}

TEST_F(Notifications, bound_bits_set_before_come_before_callers) {
    bind();
    signal();
    send();
    receive();
    EXPECT_EQ(answer_of(*server.thread)[1], Message_tag::notification().raw());
    receive();
    EXPECT_EQ(answer_of(*server.thread)[1], tag(5));
}

TEST_F(Notifications, binding_brings_bits_set_before_to_who_receives) {
    run(root());
    Child const second = spawn_thread(server, 1);
    signal();
    receive();
    EXPECT_EQ(server.thread->wait, Wait::receive);
    run(*second.thread);
    EXPECT_EQ(call(Call::endpoint_bind, {in_server, to_wait}).error, Error::none);
    EXPECT_EQ(server.thread->wait, Wait::ready);
    run(*server.thread);
    Answer const message = answer_of(*server.thread);
    EXPECT_EQ(message.error, Error::none);
    EXPECT_EQ(message[1], Message_tag::notification().raw());
    EXPECT_EQ(message[2], 0x30u);
    EXPECT_EQ(call(Call::endpoint_receive, {in_server, reply, at_once}).error, Error::timed_out)
        << "the bits came twice";
}

TEST_F(Notifications, a_bound_one_cannot_be_waited_for_or_bound_again) {
    bind();
    run(*server.thread);
    EXPECT_EQ(call(Call::notification_wait, {to_wait, 0}).error, Error::busy);
    EXPECT_EQ(call(Call::endpoint_bind, {in_server, to_wait}).error, Error::busy);
    EXPECT_EQ(call(Call::endpoint_bind, {in_server, 0}).error, Error::none);
    EXPECT_EQ(call(Call::endpoint_bind, {in_server, 0}).error, Error::none);
    EXPECT_EQ(call(Call::endpoint_bind, {in_server, to_wait}).error, Error::none);
}

TEST_F(Notifications, one_that_is_bound_outlives_its_capabilities) {
    bind();
    receive();
    signal();
    run(*client.thread);
    call(Call::capability_delete, {to_signal});
    run(*server.thread);
    call(Call::capability_delete, {to_wait});
    EXPECT_EQ(object_count(Object_type::notification), 1u);
    call(Call::endpoint_bind, {in_server, 0});
    EXPECT_EQ(object_count(Object_type::notification), 0u);
}

TEST_F(Notifications, an_endpoint_that_ends_unbinds) {
    bind();
    run(*server.thread);
    call(Call::capability_delete, {in_server});
    run(*client.thread);
    call(Call::capability_delete, {in_client});
    signal();
    wait(at_once);
    EXPECT_EQ(answer_of(*server.thread)[0], 0x30u);
}

TEST_F(Notifications, an_unbadged_capability_sets_the_first_bit) {
    run(root());
    Slot const made = make(Call::notification_create);
    call(Call::notification_signal, {made});
    EXPECT_EQ(call(Call::notification_wait, {made, 0})[0], 1u);
}

} // namespace
} // namespace kernel
