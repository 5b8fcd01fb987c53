// SPDX-License-Identifier: MIT
// Which thread runs. Preemptive by priority; threads of equal priority share by time slices; the
// timer is set only when somebody waits for it.
#pragma once

#include <kernel/run_queue.hpp>
#include <kernel/thread.hpp>

namespace kernel {

class Processor {
public:
    Thread* current() const { return _current; }

    // A thread that waited may run. It preempts the current one if its priority is higher.
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

    void arm(Thread& thread, Time deadline);
    void disarm(Thread& thread);

    // The current thread's processor time includes this moment from now on.
    void account_current();

    // The thread has ended: it is not what the processor has loaded any more.
    void forget(Thread& thread);
    // The current thread has ended; its last reference goes when it is off this processor.
    void bury_current();

    void timer_arrived();

    // Lets the right thread run, and do first what it has left to do in the kernel
    // (kernel_work.cpp). Does not return when there is none.
    void reschedule();
    // Something has changed that reschedule() has to look at.
    void look_again() { _reschedule = true; }
    void leave_behind(Leftover& leftover);
    void take_over(Leftovers& leftovers);
    bool must_reschedule() const { return _reschedule; }

    uint64_t switches() const { return _switches; }

private:
    static constexpr Time slice = 10'000'000; // nanoseconds
    static constexpr int most_expired = 16;   // deadlines, in one go

    Thread* choose();
    void put_back_current();
    void account(Time now);
    void run(Thread& next, Time now);
    void switch_threads();
    void set_timer(Time now);
    bool work_left() const { return _current ? _current->work.any() : !_leftovers.empty(); }
    void work(); // some steps of it

    Lock _lock; // guards the queue
    Run_queue<Thread, Queue_tag> _queue;
    Timer_queue _timers;
    Thread* _current{nullptr};
    Thread* _previous{nullptr}; // whose state the processor still has loaded
    Thread* _next{nullptr};     // handed over to
    Thread* _buried{nullptr};
    Time _since{0}; // when _current began to run
    Time _programmed{never};
    uint64_t _switches{0};
    Leftovers _leftovers; // of nobody: there was no thread
    bool _reschedule{false};
};

Processor& this_processor();

} // namespace kernel
