// SPDX-License-Identifier: MIT
// Which thread runs. The order of those that are ready is that of modules (class_set.hpp); the
// timer is set only when somebody waits for it.
#pragma once

#include <kernel/class_set.hpp>
#include <kernel/thread.hpp>

namespace kernel {

class Processor {
public:
    explicit Processor(uint32_t number = 0) : _number{number}, _classes{number} {}

    uint32_t number() const { return _number; }
    Thread* current() const { return _current; }

    // A thread that waited may run. It preempts the current one if it goes before it.
    void ready(Thread& thread);
    // The same for a thread that the current one is about to wait for: it may run next without
    // passing through the queue.
    void hand_over(Thread& thread);

    // The current thread stops; Wait says why. Takes effect in reschedule().
    void block(Wait why, Object* at);
    // The current thread goes behind others of its priority.
    void yield();
    // A ready thread leaves the queue.
    void remove(Thread& thread);
    // The thread, whatever it does but wait for an answer, runs at another priority.
    void set_priority(Thread& thread, unsigned priority);
    // The thread, whatever it does, belongs to another class, or has another parameter in it.
    void set_class(Thread& thread, unsigned number, uint64_t parameter);

    // A module takes over a place (class_set.hpp) on this processor.
    void serve_by(uint64_t place, Algorithm* algorithm, void* state, uint32_t installation);
    void set_share(uint64_t place, uint64_t thousandths);
    // What the place has seen here is added.
    void describe(uint64_t place, abi::Policy_information& information);

    void arm(Thread& thread, Time deadline);
    void disarm(Thread& thread);

    // The current thread's processor time includes this moment from now on.
    void account_current();

    // The thread has ended: it is not what the processor has loaded any more.
    void forget(Thread& thread);
    // The current thread has ended; its last reference goes when it is off this processor.
    void bury_current();

    void timer_arrived();

    // Lets the right thread run. Does not return when there is none.
    void reschedule();
    bool must_reschedule() const { return _reschedule || _set_timer; }

    uint64_t switches() const { return _switches; }

private:
    Thread* choose(Time now);
    void put_back_current(Time now);
    Time time_for(Thread const& thread) const;
    template <typename Change>
    void change(Thread& thread, Change change);
    void report_retired();
    void account(Time now);
    void run(Thread& next, Time now);
    void switch_threads();
    void set_timer(Time now);

    uint32_t const _number;
    Lock _lock; // guards the classes
    Class_set _classes;
    Timer_queue _timers;
    Thread* _current{nullptr};
    Thread* _previous{nullptr}; // whose state the processor still has loaded
    Thread* _next{nullptr};     // handed over to
    Thread* _buried{nullptr};
    Time _since{0}; // when _current began to run
    Time _programmed{never};
    uint64_t _switches{0};
    bool _reschedule{false};
    bool _set_timer{false}; // no more than that, unless _reschedule
    bool _yields{false};    // the current one
};

Processor& this_processor();

} // namespace kernel
