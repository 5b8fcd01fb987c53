// SPDX-License-Identifier: MIT
// Taking capabilities back: every copy goes, and whatever is going on through it ends.
#include "kernel_test.hpp"
#include <kernel/interrupt.hpp>
#include <kernel/revocation.hpp>
#include <kernel/system.hpp>
#include <random>

namespace kernel {
namespace {

using namespace abi;

class Revocation : public Kernel_test {
protected:
    Slot copy(Slot source, uint64_t permissions = all_permissions, uint64_t badge = 0) {
        return make(Call::capability_copy, {self_process, source, permissions, badge});
    }
    Error revoke(Slot slot) { return call(Call::capability_revoke, {slot}).error; }
    bool held(Slot slot) { return call(Call::capability_information, {slot}).error == Error::none; }
    static bool holds(Child const& child, Slot slot) {
        return child.process->table().find(slot).ok();
    }
    Slot add(Object& object) {
        return root_process().table().add({Ref<Object>{object}, all_permissions, 0}).value();
    }
};

TEST_F(Revocation, takes_copies_and_their_copies_but_nothing_else) {
    Slot const origin = make(Call::notification_create);
    Slot const other = copy(origin);
    Slot const revoked = copy(origin);
    Slot const below = copy(revoked);
    Slot const deep = copy(below, 1, 7);
    EXPECT_EQ(revoke(revoked), Error::none);
    EXPECT_TRUE(held(origin));
    EXPECT_TRUE(held(other));
    EXPECT_TRUE(held(revoked));
    EXPECT_FALSE(held(below));
    EXPECT_FALSE(held(deep));
    EXPECT_EQ(revoke(origin), Error::none);
    EXPECT_TRUE(held(origin));
    EXPECT_FALSE(held(other));
    EXPECT_FALSE(held(revoked));
    EXPECT_EQ(object_count(Object_type::notification), 1u);
}

TEST_F(Revocation, wants_a_capability) {
    EXPECT_EQ(revoke(0), Error::invalid_capability);
    EXPECT_EQ(revoke(77), Error::invalid_capability);
    EXPECT_EQ(revoke(~0u), Error::invalid_capability);
    Slot const self = copy(self_process);
    EXPECT_EQ(revoke(self_process), Error::none);
    EXPECT_FALSE(held(self));
    EXPECT_TRUE(held(self_process));
}

TEST_F(Revocation, reaches_other_processes) {
    Child const a = spawn(), b = spawn();
    Slot const origin = make(Call::notification_create);
    Slot const in_a = give(a, origin);
    Slot const b_in_a = give(a, b.slot);
    run(*a.thread);
    Slot const in_b = make(Call::capability_copy, {b_in_a, in_a, all_permissions, 3});
    run(root());
    ASSERT_TRUE(holds(b, in_b));
    EXPECT_EQ(revoke(origin), Error::none);
    EXPECT_FALSE(holds(a, in_a));
    EXPECT_FALSE(holds(b, in_b));
    EXPECT_TRUE(holds(a, b_in_a));
}

// A server that passed something on and dies takes nothing from its client; whoever gave it to the
// server still can.
TEST_F(Revocation, goes_past_a_process_that_has_ended) {
    Child const server = spawn(), client = spawn();
    Slot const origin = make(Call::notification_create);
    Slot const in_server = give(server, origin);
    Slot const way = give(server, client.slot);
    run(*server.thread);
    Slot const in_client = make(Call::capability_copy, {way, in_server, all_permissions, 0});
    run(root());
    EXPECT_EQ(call(Call::process_destroy, {server.slot, 0}).error, Error::none);
    EXPECT_TRUE(holds(client, in_client));
    EXPECT_EQ(revoke(origin), Error::none);
    EXPECT_FALSE(holds(client, in_client));
}

TEST_F(Revocation, ends_what_deleting_leaves) {
    Slot const origin = make(Call::notification_create);
    Slot const middle = copy(origin);
    Slot const last = copy(middle);
    EXPECT_EQ(call(Call::capability_delete, {middle}).error, Error::none);
    EXPECT_TRUE(held(last));
    EXPECT_EQ(revoke(origin), Error::none);
    EXPECT_FALSE(held(last));
}

TEST_F(Revocation, a_transferred_capability_is_derived_from_the_senders) {
    Child const server = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const theirs = give(server, endpoint);
    run(*server.thread);
    Slot const reply = make(Call::reply_create);
    server.thread->buffer().accepted_transfers = 1;
    call(Call::endpoint_receive, {theirs, reply, forever});
    Slot const sent = make(Call::notification_create);
    root().buffer().sent[0] = {sent, all_permissions, 0};
    root().buffer().accepted_transfers = 1;
    call(Call::endpoint_call, {endpoint, Message_tag{0, 0, 1}.raw()});
    Slot const arrived = server.thread->buffer().received[0].index;
    ASSERT_TRUE(holds(server, arrived));
    Slot const answered = make(Call::notification_create); // by the server, which runs
    server.thread->buffer().sent[0] = {answered, all_permissions, 0};
    call(Call::endpoint_reply, {reply, Message_tag{0, 0, 1}.raw()});
    EXPECT_EQ(revoke(answered), Error::none);
    run(root());
    Slot const back = root().buffer().received[0].index;
    ASSERT_NE(back, 0u);
    EXPECT_FALSE(held(back));
    EXPECT_EQ(revoke(sent), Error::none);
    EXPECT_FALSE(holds(server, arrived));
}

TEST_F(Revocation, ends_the_wait_of_a_caller) {
    Child const client = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const theirs = give(client, endpoint, endpoint_permission::call);
    run(*client.thread);
    call(Call::endpoint_call, {theirs, 0});
    ASSERT_EQ(client.thread->wait, Wait::call);
    EXPECT_EQ(revoke(endpoint), Error::none);
    EXPECT_EQ(client.thread->wait, Wait::ready);
    EXPECT_EQ(answer_of(*client.thread).error, Error::invalid_capability);
    Slot const reply = make(Call::reply_create);
    EXPECT_EQ(call(Call::endpoint_receive, {endpoint, reply, at_once}).error, Error::timed_out);
}

TEST_F(Revocation, ends_the_wait_of_a_receiver) {
    Child const server = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const theirs = give(server, endpoint);
    run(*server.thread);
    Slot const reply = make(Call::reply_create);
    call(Call::endpoint_receive, {theirs, reply, fake::platform().now + 1000});
    ASSERT_EQ(server.thread->wait, Wait::receive);
    EXPECT_EQ(revoke(endpoint), Error::none);
    EXPECT_EQ(answer_of(*server.thread).error, Error::invalid_capability);
    run(*server.thread);
    EXPECT_EQ(call(Call::endpoint_receive, {theirs, reply, at_once}).error,
              Error::invalid_capability);
    run(root());
    advance(2000); // its deadline is not there any more
    EXPECT_EQ(call(Call::endpoint_call, {endpoint, 0}).error, static_cast<Error>(18))
        << "the root waits, as it is the only one that can receive";
    EXPECT_EQ(root().wait, Wait::call);
    run(*server.thread);
}

TEST_F(Revocation, ends_the_wait_for_a_notification) {
    Child const child = spawn();
    Slot const notification = make(Call::notification_create);
    Slot const theirs = give(child, notification);
    run(*child.thread);
    call(Call::notification_wait, {theirs, forever});
    EXPECT_EQ(revoke(notification), Error::none);
    EXPECT_EQ(answer_of(*child.thread).error, Error::invalid_capability);
    EXPECT_EQ(call(Call::notification_wait, {notification, at_once}).error, Error::timed_out);
}

// Its slot may be gone, the wait is still derived from what it was copied from.
TEST_F(Revocation, ends_the_wait_through_a_capability_that_was_deleted) {
    Child const child = spawn();
    Child const other = spawn_thread(child, 1);
    Slot const notification = make(Call::notification_create);
    Slot const theirs = give(child, notification);
    run(*child.thread);
    call(Call::notification_wait, {theirs, forever});
    run(*other.thread);
    EXPECT_EQ(call(Call::capability_delete, {theirs}).error, Error::none);
    EXPECT_EQ(child.thread->wait, Wait::notification);
    run(root());
    EXPECT_EQ(revoke(notification), Error::none);
    EXPECT_EQ(answer_of(*child.thread).error, Error::invalid_capability);
}

TEST_F(Revocation, leaves_a_call_that_is_being_served) {
    Child const client = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const theirs = give(client, endpoint);
    Slot const reply = make(Call::reply_create);
    run(*client.thread);
    call(Call::endpoint_call, {theirs, 0});
    run(root());
    call(Call::endpoint_receive, {endpoint, reply, at_once});
    EXPECT_EQ(revoke(endpoint), Error::none);
    EXPECT_EQ(client.thread->wait, Wait::answer);
    EXPECT_EQ(call(Call::endpoint_reply, {reply, 0, 42}).error, Error::none);
    EXPECT_EQ(answer_of(*client.thread).error, Error::none);
    EXPECT_EQ(answer_of(*client.thread)[2], 42u);
}

TEST_F(Revocation, a_wait_that_is_over_leaves_nothing_in_the_tree) {
    Child const child = spawn();
    Slot const notification = make(Call::notification_create);
    Slot const theirs = give(child, notification);
    run(*child.thread);
    call(Call::notification_wait, {theirs, forever});
    call(Call::notification_signal, {notification});
    EXPECT_TRUE(child.thread->alone());
    EXPECT_EQ(revoke(notification), Error::none);
    EXPECT_EQ(answer_of(*child.thread).error, Error::none);
}

TEST_F(Revocation, undoes_the_binding_of_an_endpoint_by_either_side) {
    for (bool const by_endpoint : {false, true}) {
        Slot const endpoint = make(Call::endpoint_create);
        Slot const notification = make(Call::notification_create);
        Slot const endpoint_copy = copy(endpoint), notification_copy = copy(notification);
        EXPECT_EQ(call(Call::endpoint_bind, {endpoint_copy, notification_copy}).error, Error::none);
        EXPECT_EQ(call(Call::endpoint_bind, {endpoint, notification}).error, Error::busy);
        EXPECT_EQ(revoke(by_endpoint ? endpoint : notification), Error::none);
        EXPECT_EQ(call(Call::notification_wait, {notification, at_once}).error, Error::timed_out);
        EXPECT_EQ(call(Call::endpoint_bind, {endpoint, notification}).error, Error::none);
    }
}

TEST_F(Revocation, undoes_the_binding_of_an_interrupt_by_either_side) {
    for (bool const by_interrupt : {false, true}) {
        constexpr arch::Line line = 5;
        Slot const interrupt =
            add(*kernel::make<Interrupt>(Ref<Quota>{root_quota()}, line).value());
        Slot const notification = make(Call::notification_create);
        Slot const bound_by[]{copy(interrupt), copy(notification)};
        EXPECT_EQ(call(Call::interrupt_bind, {bound_by[0], bound_by[1]}).error, Error::none);
        EXPECT_FALSE(fake::platform().masked[line]);
        EXPECT_EQ(revoke(by_interrupt ? interrupt : notification), Error::none);
        EXPECT_TRUE(fake::platform().masked[line]);
        this->interrupt(line);
        EXPECT_EQ(call(Call::notification_wait, {notification, at_once}).error, Error::timed_out);
        EXPECT_EQ(call(Call::capability_delete, {interrupt}).error, Error::none);
    }
}

TEST_F(Revocation, undoes_who_is_told_of_an_end) {
    Slot const notification = make(Call::notification_create);
    Slot const told = copy(notification);
    Slot const process = make(Call::process_create, {child_bytes, 0, 0, 0, told});
    EXPECT_EQ(revoke(notification), Error::none);
    EXPECT_EQ(call(Call::process_destroy, {process, 0}).error, Error::none);
    EXPECT_EQ(call(Call::notification_wait, {notification, at_once}).error, Error::timed_out);
    EXPECT_EQ(object_count(Object_type::notification), 1u);
}

// What is revoked may hold the last capability to something, and that to the next thing.
TEST_F(Revocation, lets_objects_end) {
    Slot const first = make(Call::process_create, {child_bytes, 0, 0, 0, 0});
    Slot const only = make(Call::process_create, {24 * 1024, 0, 0, 0, 0});
    make(Call::capability_copy, {first, only, all_permissions, 0});
    Slot const of_first = copy(first);
    EXPECT_EQ(call(Call::capability_delete, {only}).error, Error::none);
    EXPECT_EQ(revoke(first), Error::none);
    EXPECT_FALSE(held(of_first));
    uint64_t const before = object_count(Object_type::process);
    EXPECT_EQ(call(Call::capability_delete, {first}).error, Error::none);
    EXPECT_EQ(object_count(Object_type::process), before - 2);
}

TEST_F(Revocation, of_many_goes_one_by_one) {
    Slot const origin = make(Call::notification_create);
    Slot last = origin;
    for (unsigned i = 0; i < 300; ++i)
        last = copy(i % 3 ? origin : last);
    auto& table = root_process().table();
    unsigned steps = 1;
    while (revoke_step(table, origin).value())
        ++steps;
    EXPECT_EQ(steps, 300u);
    EXPECT_EQ(object_count(Object_type::notification), 1u);
    EXPECT_TRUE(held(origin));
}

} // namespace
} // namespace kernel
