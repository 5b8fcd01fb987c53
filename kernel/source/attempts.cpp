// SPDX-License-Identifier: MIT
// The usual cases of the calls that happen all the time, beside other processors that do the same.
// While anybody is inside by the shared way nobody is by the exclusive one (gate.hpp), so that
//
//   - tables of capabilities, what hangs below them, objects and processes stay as they are;
//   - nobody's wait is cancelled, and no deadline but of sleep comes;
//   - nobody's priority changes: what would change one is left to the exclusive way.
//
// What remains to be guarded:
//
//   line lock          an endpoint's queues; the derivation nodes of threads that wait there;
//                      what is lent to threads that serve it
//   notification lock  its bits and its waiter, with its node
//   Reply              who takes the caller out of it first, by one atomic step
//   run queue lock     threads that are ready
//
// A thread that is in none of these belongs to who took it out. As soon as a lock is released that
// made a thread visible, the thread may run elsewhere: it is not touched any more.
#include <arch/clock.hpp>
#include <kernel/endpoint.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system_calls.hpp>

namespace kernel {

namespace {

// Nothing but words, and no deadline.
bool plain(abi::Message_tag tag) { return tag.sendable() && !tag.transfers(); }

abi::Message_tag tag_of(Thread const& thread) {
    return abi::Message_tag{thread.registers().word(1)};
}

} // namespace

bool Thread::released_here() const { return !armed() || timer_at == &this_processor(); }

void Thread::released(Error error) {
    if (armed())
        timer_at->disarm(*this);
    if (!alone())
        Derivation_node::remove();
    // Not `none`: the processor that it waited on may not have left it yet, and must not take it
    // for a thread that goes on there.
    wait = Wait::released;
    waiting_at = nullptr;
    _registers.answer(error);
}

void Reply::hold_quietly(Thread& caller, Thread& server) {
    lend_quietly(server, caller.priority());
    __atomic_store_n(&_caller, &caller, __ATOMIC_RELEASE);
}

bool Endpoint::call_quietly(Thread& caller, uint64_t badge) {
    Thread* receiver = nullptr;
    {
        Lock_guard const guard{_line.lock};
        receiver = _receivers.front();
        if (!receiver || !_receive_capabilities || !receiver->released_here() ||
            caller.priority() > receiver->priority() || receiver->reply->references() < 2)
            return false;
        transfer_words(caller, *receiver, tag_of(caller), badge);
        _receivers.remove(*receiver);
        receiver->released(Error::none);
        Reply& reply = *receiver->reply;
        receiver->reply.reset(); // not the last one
        this_processor().block(Wait::answer, &reply);
        __atomic_store_n(&reply.in_use, false, __ATOMIC_RELEASE);
        reply.hold_quietly(caller, *receiver);
    }
    this_processor().hand_over(*receiver);
    return true;
}

bool Endpoint::reply_receive_quietly(Thread& server, abi::Capability_index slot, Reply& reply) {
    Thread* const client = reply.caller();
    if (!client || reply.server() != &server || server.serves != &_line ||
        client->fault_state() != Fault_state::none || !client->released_here())
        return false;
    {
        Lock_guard const guard{_line.lock};
        if (_line.first() || (_notification && _notification->any()) ||
            !reply.may_take_back_quietly() || !reply.claim_for_use())
            return false;
        if (!reply.claim(client)) {
            __atomic_store_n(&reply.in_use, false, __ATOMIC_RELEASE);
            return false;
        }
        reply.take_back_quietly();
        transfer_words(server, *client, tag_of(server), 0);
        client->released(Error::none);
        server.reply = Ref<Reply>{reply};
        server.process().table().derive_quietly(slot, server);
        this_processor().block(Wait::receive, this);
        _receivers.push_back(server);
    }
    this_processor().hand_over(*client);
    return true;
}

bool Notification::signal_quietly(uint64_t bits) {
    Thread* waiter = nullptr;
    {
        Lock_guard const guard{_lock};
        waiter = _waiter;
        if (_bound || (waiter && !waiter->released_here()))
            return false;
        uint64_t const all = _bits | bits;
        __atomic_store_n(&_bits, waiter ? 0 : all, __ATOMIC_RELEASE);
        _waiter = nullptr;
        if (!waiter)
            return true;
        waiter->released(Error::none);
        waiter->registers().set_word(0, all);
    }
    make_ready(*waiter);
    return true;
}

bool Notification::wait_quietly(Thread& thread, abi::Capability_index slot, uint64_t deadline) {
    Time const now = deadline == abi::forever ? 0 : arch::now();
    Lock_guard const guard{_lock};
    if (_bound || _waiter)
        return false;
    if (_bits) {
        thread.registers().answer(Error::none);
        thread.registers().set_word(0, _bits);
        __atomic_store_n(&_bits, 0, __ATOMIC_RELEASE);
        return true;
    }
    if (deadline <= now) {
        thread.registers().answer(Error::timed_out);
        return true;
    }
    this_processor().block(Wait::notification, this);
    this_processor().arm(thread, deadline);
    thread.process().table().derive_quietly(slot, thread);
    _waiter = &thread;
    return true;
}

namespace attempt {

using namespace abi;

bool endpoint_call(Thread& caller, Endpoint_call_in const& in) {
    uint64_t badge = 0;
    auto* const endpoint =
        caller.process().table().look<Endpoint>(in.endpoint, endpoint_permission::call, &badge);
    return endpoint && plain(in.tag) && endpoint->call_quietly(caller, badge);
}

bool endpoint_reply_receive(Thread& caller, Endpoint_reply_receive_in const& in) {
    auto& table = caller.process().table();
    auto const slot = static_cast<Capability_index>(in.endpoint_and_reply);
    auto* const endpoint = table.look<Endpoint>(slot, endpoint_permission::receive);
    auto* const reply = table.look<Reply>(
        static_cast<Capability_index>(in.endpoint_and_reply >> 32), reply_permission::use);
    return endpoint && reply && plain(in.tag) &&
           endpoint->reply_receive_quietly(caller, slot, *reply);
}

bool notification_signal(Thread& caller, Notification_signal_in const& in) {
    uint64_t bits = 0;
    auto* const notification = caller.process().table().look<Notification>(
        in.notification, notification_permission::signal, &bits);
    if (!notification || !notification->signal_quietly(bits ? bits : 1))
        return false;
    caller.registers().answer(Error::none);
    return true;
}

bool notification_wait(Thread& caller, Notification_wait_in const& in) {
    auto* const notification =
        caller.process().table().look<Notification>(in.notification, notification_permission::wait);
    return notification && notification->wait_quietly(caller, in.notification, in.deadline);
}

} // namespace attempt
} // namespace kernel
