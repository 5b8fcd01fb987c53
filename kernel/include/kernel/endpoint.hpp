// SPDX-License-Identifier: MIT
// The meeting place of callers and receivers. A caller waits with its message in its own registers
// and buffer until a receiver takes it; the receiver's reply object then holds the caller.
//
//   caller --call--> [line]      or, when somebody receives:   caller --> reply object
//   receiver --receive--> [receivers]                          receiver runs with the message
//
// At most one of the two queues has somebody.
#pragma once

#include <kernel/binding.hpp>
#include <kernel/notification.hpp>
#include <kernel/thread.hpp>

namespace kernel {

// It has no lock. By the exclusive way (gate.hpp) nobody else looks at it; by the shared way the
// caller and `in_use` change in one atomic step each, and what it lends under the lock of the line
// that its server serves, held by whoever answers or calls there.
class Reply final : public Object, public Lender {
public:
    static constexpr Object_type object_type = Object_type::reply;

    explicit Reply(Ref<Quota> quota) : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    Thread* caller() const { return __atomic_load_n(&_caller, __ATOMIC_ACQUIRE); }
    // `server` is to answer it.
    void hold(Thread& caller, Thread& server);
    // The caller leaves; whoever asks decides what becomes of it.
    Thread* release();
    // The caller, if any, learns that nobody will answer.
    void abandon();

    bool in_use{false}; // a receiver waits with it

    // For who has entered shared.

    // The caller waits already; it may be answered, on any processor, from now on.
    void hold_quietly(Thread& caller, Thread& server);
    // False when somebody else has answered the caller meanwhile.
    bool claim(Thread* caller) {
        return __atomic_compare_exchange_n(&_caller, &caller, nullptr, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED);
    }
    // False when somebody waits with it.
    bool claim_for_use() { return !__atomic_exchange_n(&in_use, true, __ATOMIC_ACQ_REL); }

    void last_reference_gone() override;

private:
    Thread* _caller{nullptr};
};

class Endpoint final : public Object, public Leftover {
public:
    static constexpr Object_type object_type = Object_type::endpoint;

    explicit Endpoint(Ref<Quota> quota) : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    // `caller` is the current thread; it waits for the answer until the deadline unless there is an
    // error: peer_died, or one of transfer(). `slot` holds the capability that it uses.
    Result<void> call(Thread& caller, abi::Capability_index slot, uint64_t badge, Time deadline);
    // The same for a thread that has faulted. It waits by what `above` stands for.
    Result<void> call(Thread& faulted, Derivation_node& above, uint64_t badge);

    // `receiver` is the current thread. Answers at once when a message is there, else it waits
    // until the deadline. `slot` holds the capability to us.
    void receive(Thread& receiver, abi::Capability_index slot, Reply& reply, Time deadline);
    // The same. True, and nothing else has happened, when a message could not be delivered and its
    // sender was told so.
    [[gnu::always_inline]] bool receive_or_fail(Thread& receiver, abi::Capability_index slot,
                                                Reply& reply, Time deadline);

    // The usual cases, for who has entered shared: nothing but words moves, both sides are ready,
    // and no priority changes. False, and nothing has changed, in all others.
    bool call_quietly(Thread& caller, uint64_t badge);
    bool reply_receive_quietly(Thread& server, abi::Capability_index slot, Reply& reply);

    // By capabilities in slots of `table`. Errors: busy, invalid_capability (a slot does not hold
    // us or the notification any more).
    Result<void> bind(Ref<Notification> notification, Capability_table& table,
                      abi::Capability_index slot, abi::Capability_index notification_slot);
    void unbind();
    // A bound notification has bits and may wake a receiver.
    void notified();

    // A waiting receiver leaves.
    void remove_receiver(Thread& thread) { _receivers.remove(thread); }
    Line& line() { return _line; }

    void capability_added(Permissions permissions) override;
    void capability_removed(Permissions permissions) override;
    void binding_revoked() override { unbind(); }
    void last_reference_gone() override;
    void take_apart() override;

private:
    Result<void> meet_or_wait(Thread& caller, uint64_t badge, Time deadline);
    void take_message(Thread& caller, Thread& receiver, Reply& reply);
    bool deliver_bits(Thread& receiver);
    void go_on_failing();
    bool fail_one();

    Line _line; // its lock guards what follows
    List<Thread, Queue_tag> _receivers;
    Ref<Notification> _notification;
    Binding _binding{*this};           // of the notification
    uint64_t _receive_capabilities{0}; // none left: nobody will ever answer
};

// Moves a message: words, buffer words and capabilities, from the saved registers and buffer of one
// thread to those of another. Errors: invalid_capability, invalid_argument, too_large.
Result<void> transfer(Thread& from, Thread& to, uint64_t badge);
// The same where there are no capabilities and no faults.
void transfer_words(Thread& from, Thread& to, abi::Message_tag tag, uint64_t badge);

// The same where one of the two has faulted (fault.cpp). Error: invalid_argument.
void report_fault(Thread const& from, Thread& to, uint64_t badge);
Result<void> answer_fault(Thread& from, Thread& to, abi::Message_tag answer);

} // namespace kernel
