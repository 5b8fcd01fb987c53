// SPDX-License-Identifier: MIT
// System calls on endpoints, replies and notifications.
#include <arch/clock.hpp>
#include <kernel/endpoint.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system_calls.hpp>

namespace kernel::system_call {

using namespace abi;

namespace {

// A new object of type T in the caller's table.
template <typename T>
Result<Capability_index> create(Thread& caller, Permissions permissions) {
    auto const object = TRY(make<T>(Ref<Quota>{caller.process().quota()}));
    return caller.process().table().add({Ref<Object>{*object}, permissions, 0});
}

// When the caller's call ends, at the latest.
Time deadline(Thread& caller, Message_tag tag) {
    if (!tag.has_deadline())
        return forever;
    Time const asked = __atomic_load_n(&caller.buffer().deadline, __ATOMIC_RELAXED);
    return asked != forever && asked <= arch::now() ? at_once : asked;
}

Result<void> answer_caller(Reply& reply, Thread& server, Message_tag tag) {
    if (!tag.sendable())
        return Error::invalid_argument;
    Thread* const client = reply.caller();
    if (!client)
        return Error::no_caller;
    auto const moved = transfer(server, *client, 0);
    if (moved.error() == Error::peer_died) // its process is ending and has not come to it yet
        return Error::no_caller;
    return moved;
}

struct Receiving {
    Ref<Endpoint> endpoint;
    Ref<Reply> reply;
};

Result<Receiving> find_receiving(Process& process, Capability_index endpoint,
                                 Capability_index reply) {
    auto& table = process.table();
    Receiving found;
    found.endpoint = TRY(table.find<Endpoint>(endpoint, endpoint_permission::receive));
    found.reply = TRY(table.find<Reply>(reply, reply_permission::use));
    if (found.reply->in_use)
        return Error::busy;
    return found;
}

} // namespace

Result<Capability_index> endpoint_create(Thread& caller) {
    return create<Endpoint>(caller, endpoint_permission::all);
}

Result<Capability_index> reply_create(Thread& caller) {
    return create<Reply>(caller, reply_permission::all);
}

Result<Capability_index> notification_create(Thread& caller) {
    return create<Notification>(caller, notification_permission::all);
}

void endpoint_call(Thread& caller, Endpoint_call_in const& in) {
    uint64_t badge = 0;
    auto const endpoint =
        caller.process().table().find<Endpoint>(in.endpoint, endpoint_permission::call, &badge);
    if (!endpoint.ok())
        return caller.registers().answer(endpoint.error());
    if (!in.tag.without_deadline().sendable())
        return caller.registers().answer(Error::invalid_argument);
    Time const end = deadline(caller, in.tag);
    if (end == at_once)
        return caller.registers().answer(Error::timed_out);
    if (auto const called = endpoint.value()->call(caller, in.endpoint, badge, end); !called.ok())
        caller.registers().answer(called.error());
}

void endpoint_receive(Thread& caller, Endpoint_receive_in const& in) {
    auto const found = find_receiving(caller.process(), in.endpoint, in.reply);
    if (!found.ok())
        return caller.registers().answer(found.error());
    Time const deadline =
        in.deadline != forever && in.deadline <= arch::now() ? at_once : in.deadline;
    found.value().endpoint->receive(caller, in.endpoint, *found.value().reply, deadline);
}

void endpoint_reply(Thread& caller, Endpoint_reply_in const& in) {
    auto const reply = caller.process().table().find<Reply>(in.reply, reply_permission::use);
    if (!reply.ok())
        return caller.registers().answer(reply.error());
    auto const moved = answer_caller(*reply.value(), caller, in.tag);
    caller.registers().answer(moved.error());
    if (!moved.ok())
        return;
    Thread& client = *reply.value()->caller();
    client.cancel(Error::none);
    make_ready(client);
}

void endpoint_reply_receive(Thread& caller, Endpoint_reply_receive_in const& in) {
    auto const found =
        find_receiving(caller.process(), static_cast<Capability_index>(in.endpoint_and_reply),
                       static_cast<Capability_index>(in.endpoint_and_reply >> 32));
    if (!found.ok())
        return caller.registers().answer(found.error());
    Reply& reply = *found.value().reply;
    Thread* client = reply.caller();
    if (client) {
        auto const moved = answer_caller(reply, caller, in.tag.without_deadline());
        if (moved.ok())
            client->cancel(Error::none);
        else if (moved.error() == Error::no_caller)
            client = nullptr;
        else
            return caller.registers().answer(moved.error());
    }
    found.value().endpoint->receive(caller, static_cast<Capability_index>(in.endpoint_and_reply),
                                    reply, deadline(caller, in.tag));
    if (!client)
        return;
    if (caller.wait == Wait::receive)
        this_processor().hand_over(*client);
    else
        make_ready(*client);
}

Result<void> endpoint_bind(Thread& caller, Endpoint_bind_in const& in) {
    auto& table = caller.process().table();
    auto const endpoint = TRY(table.find<Endpoint>(in.endpoint, endpoint_permission::receive));
    if (!in.notification) {
        endpoint->unbind();
        return {};
    }
    auto const notification =
        TRY(table.find<Notification>(in.notification, notification_permission::wait));
    TRY_VOID(endpoint->bind(notification, table, in.endpoint, in.notification));
    endpoint->notified(); // of what was signalled before
    return {};
}

void notification_signal(Thread& caller, Notification_signal_in const& in) {
    uint64_t bits = 0;
    auto const notification = caller.process().table().find<Notification>(
        in.notification, notification_permission::signal, &bits);
    caller.registers().answer(notification.error());
    if (notification.ok())
        notification.value()->signal(bits ? bits : 1);
}

void notification_wait(Thread& caller, Notification_wait_in const& in) {
    auto const notification =
        caller.process().table().find<Notification>(in.notification, notification_permission::wait);
    if (!notification.ok())
        return caller.registers().answer(notification.error());
    if (notification.value()->bound())
        return caller.registers().answer(Error::busy);
    if (uint64_t const bits = notification.value()->take()) {
        caller.registers().answer(Error::none);
        return caller.registers().set_word(0, bits);
    }
    if (in.deadline != forever && in.deadline <= arch::now())
        return caller.registers().answer(Error::timed_out);
    auto const waiting = notification.value()->wait(caller, in.notification);
    if (!waiting.ok())
        return caller.registers().answer(waiting.error());
    if (caller.wait == Wait::notification)
        this_processor().arm(caller, in.deadline);
}

} // namespace kernel::system_call
