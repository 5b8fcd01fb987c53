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

inline bool Endpoint::receive_or_fail(Thread& receiver, abi::Capability_index slot, Reply& reply,
                                      Time deadline) {
    Lock_guard const guard{_line.lock};
    if (receiver.stopping) [[unlikely]] {
        receiver.registers().answer(Error::peer_died);
        return false;
    }
    reply.abandon();
    if (receiver.serves != &_line)
        _line.admit(receiver);
    if (deliver_bits(receiver))
        return false;
    if (Thread* const caller = _line.first()) {
        auto const moved = transfer(*caller, receiver, caller->badge);
        if (!moved.ok()) {
            answer_and_wake(*caller, moved.error());
            return true;
        }
        take_message(*caller, receiver, reply); // lends as much as the place in line did
        caller->waits_through_nothing();
        _line.leave(*caller);
        return false;
    }
    if (deadline == abi::at_once) {
        receiver.registers().answer(Error::timed_out);
        return false;
    }
    receiver.reply = Ref<Reply>{reply};
    reply.in_use = true;
    _receivers.push_back(receiver);
    this_processor().block(Wait::receive, this);
    this_processor().arm(receiver, deadline);
    receiver.waits_through(slot, *this);
    return false;
}

namespace {

// Any number of callers may stand in line whose messages cannot be delivered.
class Receive_operation final : public Operation {
public:
    Receive_operation(Endpoint& endpoint, abi::Capability_index slot, Reply& reply, Time deadline)
        : _endpoint{endpoint}, _slot{slot}, _reply{reply}, _deadline{deadline} {}

    bool step(Thread& receiver) override {
        if (!_reply->in_use)
            return _endpoint->receive_or_fail(receiver, _slot, *_reply, _deadline);
        receiver.registers().answer(Error::busy);
        return false;
    }
    void end() override { this->~Receive_operation(); }

private:
    Ref<Endpoint> const _endpoint;
    abi::Capability_index const _slot;
    Ref<Reply> const _reply;
    Time const _deadline;
};

} // namespace

void Endpoint::receive(Thread& receiver, abi::Capability_index slot, Reply& reply, Time deadline) {
    if (receive_or_fail(receiver, slot, reply, deadline)) [[unlikely]]
        receiver.work.carry_out<Receive_operation>(*this, slot, reply, deadline);
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
    if (_line.first())
        go_on_failing();
}

// Whoever waits learns that in vain, one at a time: callers when the last capability to receive has
// gone, receivers with the last reference.
void Endpoint::go_on_failing() {
    if (!Leftover::linked())
        acquire();
    leave_behind(*this);
}

bool Endpoint::fail_one() {
    Lock_guard const guard{_line.lock};
    bool const unreferenced = references() == 1;
    Thread* const caller = _line.first();
    Thread* const thread = caller || !unreferenced ? caller : _receivers.front();
    if (thread)
        answer_and_wake(*thread, Error::peer_died);
    return thread || (unreferenced && _line.close_some());
}

void Endpoint::take_apart() {
    if (fail_one())
        return;
    Leftover::unlink();
    if (drop())
        last_reference_gone();
}

void Endpoint::last_reference_gone() {
    if (_line.first() || _receivers.front() || _line.close_some())
        return go_on_failing();
    unbind();
    unmake(*this);
}

} // namespace kernel
