// SPDX-License-Identifier: MIT
#include <kernel/endpoint.hpp>
#include <kernel/scheduler.hpp>
#include <lavandin/abi/process.hpp>

namespace kernel {

namespace {

void answer_and_wake(Thread& thread, Error error) {
    thread.cancel(error);
    make_ready(thread);
}

} // namespace

void Reply::hold(Thread& caller, Thread& server) {
    _caller = &caller;
    caller.wait = Wait::answer;
    caller.waiting_at = this;
    lend(server, caller.priority());
}

Thread* Reply::release() {
    Thread* const caller = _caller;
    _caller = nullptr;
    take_back();
    return caller;
}

void Reply::abandon() {
    if (_caller)
        answer_and_wake(*_caller, Error::peer_died);
}

void Reply::last_reference_gone() {
    abandon();
    unmake(*this);
}

// The message is in `caller`; `receiver` has it when this returns.
void Endpoint::take_message(Thread& caller, Thread& receiver, Reply& reply) {
    receiver.registers().answer(Error::none);
    reply.hold(caller, receiver);
}

Result<void> Endpoint::call(Thread& caller, abi::Capability_index slot, uint64_t badge,
                            Time deadline) {
    Lock_guard const guard{_line.lock};
    TRY_VOID(meet_or_wait(caller, badge, deadline));
    if (caller.wait == Wait::call)
        caller.waits_through(slot, *this);
    return {};
}

Result<void> Endpoint::call(Thread& faulted, Derivation_node& above, uint64_t badge) {
    Lock_guard const guard{_line.lock};
    TRY_VOID(meet_or_wait(faulted, badge, never));
    if (faulted.wait == Wait::call) {
        Lock_guard const derivation{derivation_lock};
        above.add_child(faulted);
    }
    return {};
}

Result<void> Endpoint::meet_or_wait(Thread& caller, uint64_t badge, Time deadline) {
    if (_receive_capabilities == 0)
        return Error::peer_died;
    Thread* const receiver = _receivers.front();
    if (!receiver) {
        caller.badge = badge;
        this_processor().block(Wait::call, this);
        _line.enter(caller);
        this_processor().arm(caller, deadline);
        return {};
    }
    TRY_VOID(transfer(caller, *receiver, badge));
    Ref<Reply> const reply = receiver->reply; // may be all that is left of it
    receiver->cancel(Error::none);
    this_processor().block(Wait::answer, reply.get());
    this_processor().arm(caller, deadline);
    take_message(caller, *receiver, *reply);
    this_processor().hand_over(*receiver);
    return {};
}

bool Endpoint::deliver_bits(Thread& receiver) {
    uint64_t const bits = _notification ? _notification->take() : 0;
    if (!bits)
        return false;
    auto& registers = receiver.registers();
    registers.answer(Error::none);
    registers.set_word(0, 0);
    registers.set_word(1, abi::Message_tag::notification().raw());
    registers.set_word(2, bits);
    return true;
}

void Endpoint::receive(Thread& receiver, abi::Capability_index slot, Reply& reply, Time deadline) {
    Lock_guard const guard{_line.lock};
    reply.abandon();
    if (receiver.serves != &_line)
        _line.admit(receiver);
    if (deliver_bits(receiver))
        return;
    while (Thread* const caller = _line.first()) {
        auto const moved = transfer(*caller, receiver, caller->badge);
        if (!moved.ok()) {
            answer_and_wake(*caller, moved.error());
            continue;
        }
        take_message(*caller, receiver, reply); // lends as much as the place in line did
        caller->waits_through_nothing();
        return _line.leave(*caller);
    }
    if (deadline == abi::at_once)
        return receiver.registers().answer(Error::timed_out);
    receiver.reply = Ref<Reply>{reply};
    reply.in_use = true;
    _receivers.push_back(receiver);
    this_processor().block(Wait::receive, this);
    this_processor().arm(receiver, deadline);
    receiver.waits_through(slot, *this);
}

Result<void> Endpoint::bind(Ref<Notification> notification, Capability_table& table,
                            abi::Capability_index slot, abi::Capability_index notification_slot) {
    Lock_guard const guard{_line.lock};
    if (_notification || !notification->bind(*this))
        return Error::busy;
    if (!_binding.attach(table, slot, *this, notification_slot, *notification)) {
        notification->unbind();
        return Error::invalid_capability;
    }
    _notification = static_cast<Ref<Notification>&&>(notification);
    return {};
}

void Endpoint::unbind() {
    Lock_guard const guard{_line.lock};
    if (_notification)
        _notification->unbind();
    _binding.detach();
    _notification.reset();
}

void Endpoint::notified() {
    Lock_guard const guard{_line.lock};
    Thread* const receiver = _receivers.front();
    if (!receiver || !deliver_bits(*receiver))
        return;
    receiver->cancel(Error::none);
    make_ready(*receiver);
}

void Endpoint::capability_added(Permissions permissions) {
    if (permissions & abi::endpoint_permission::receive)
        __atomic_fetch_add(&_receive_capabilities, 1, __ATOMIC_RELAXED);
}

void Endpoint::capability_removed(Permissions permissions) {
    if (!(permissions & abi::endpoint_permission::receive) ||
        __atomic_sub_fetch(&_receive_capabilities, 1, __ATOMIC_RELAXED) != 0)
        return;
    // Not before: a transfer that takes back a capability to the endpoint it goes through holds the
    // lock. Its sender keeps one, so that one is never the last.
    Lock_guard const guard{_line.lock};
    fail_callers();
}

void Endpoint::fail_callers() {
    while (Thread* const caller = _line.first())
        answer_and_wake(*caller, Error::peer_died);
}

void Endpoint::last_reference_gone() {
    fail_callers();
    while (Thread* const receiver = _receivers.front())
        answer_and_wake(*receiver, Error::peer_died);
    _line.close();
    unbind();
    unmake(*this);
}

} // namespace kernel
