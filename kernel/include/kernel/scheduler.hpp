// SPDX-License-Identifier: MIT
// Which thread runs on a processor. Preemptive by priority; threads of equal priority share by time
// slices; the timer is set only when somebody waits for it.
//
// A thread that is ready is in the queue of one processor. Which one is decided when it becomes
// ready (placement.cpp): where it ran last if nobody runs there, else on an idle processor, else
// where it goes before who runs there. A processor with an empty queue takes from others.
#pragma once

#include <kernel/gate.hpp>
#include <kernel/processors.hpp>
#include <kernel/run_queue.hpp>
#include <kernel/thread.hpp>
#include <lavandin/abi/processor.hpp>

namespace kernel {

class alignas(64) Processor {
public:
    explicit Processor(uint32_t number) : _number{number} {}

    uint32_t number() const { return _number; }
    Thread* current() const { return _current; }

    // What follows is about the processor that executes it.

    // A thread that the current one is about to wait for: it may run next here without passing
    // through the queue.
    void hand_over(Thread& thread);
    // The current thread stops; Wait says why. Takes effect in reschedule().
    void block(Wait why, Object* at);
    // The current thread goes behind others of its priority.
    void yield();
    void arm(Thread& thread, Time deadline);
    void timer_arrived();
    // The current thread has ended; its last reference goes when it is off this processor.
    void bury_current();

    // Lets the right thread run. Does not return when there is none.
    void reschedule();
    bool must_reschedule() const { return __atomic_load_n(&_reschedule, __ATOMIC_RELAXED); }
    // Somebody who was exclusive has taken the current thread away, or made it go on elsewhere,
    // since the processor came into the kernel: what it came for is void.
    bool disturbed() const { return _disturbed; }

    // What follows may be about any processor.

    // The thread joins the queue; what runs here is preempted if its priority is not higher.
    void enqueue(Thread& thread);
    // What the current thread used up to now is on its account.
    void account_current(Time now);
    // The priority that a thread would have to exceed to run at once; -1 when idle.
    int running_priority() const { return __atomic_load_n(&_running_priority, __ATOMIC_RELAXED); }
    uint64_t switches() const { return __atomic_load_n(&_switches, __ATOMIC_RELAXED); }

    // For who is exclusive.

    void remove(Thread& thread);
    void disarm(Thread& thread) { _timers.remove(thread); }
    // The current or a ready thread of this processor runs at another priority.
    void set_priority(Thread& thread, unsigned priority);
    void describe(abi::Processor_information& information) const;
    bool somebody_ready() const { return _queue.highest() != nobody; }
    // It takes no threads any more: it leaves what it does, and gives away what it has.
    void retire();
    // A part of the ready threads and deadlines goes elsewhere. True when none is left.
    bool give_away_step();
    // A deadline from a processor that leaves.
    void take_deadline(Thread& thread, Time deadline);
    // The affinity of a thread whose place is here has changed: it goes elsewhere if it must.
    void reconsider(Thread& thread);
    // Threads that rely on this processor (affinity.hpp).
    List<Thread, Guard_tag>& guarded() { return _guarded; }
    // The current thread does not execute in user mode any more; its saved registers are what it
    // goes on with.
    void halt() { Gate::interrupt(*this); }
    // The current thread, which is halted, does not run here any more, or (disturb) goes on as its
    // registers say and not with what it came into the kernel for.
    void drop_current();
    void disturb();
    // The thread has ended.
    void forget(Thread const& thread) {
        if (_loaded == &thread)
            _loaded = nullptr;
    }

    Gate gate;

private:
    static constexpr Time slice = 10'000'000; // nanoseconds

    Thread* choose();
    Thread* take_highest();
    static Processor* richest_but(Processor_set tried);
    Thread* steal();
    Thread* give_away(Processor_set to);
    void put_back_current();
    bool goes_elsewhere(Thread const& current) const;
    bool may_run_here(Thread const& thread) const {
        return (thread.affinity & processors().accepting() & set_of(_number)) != 0;
    }
    void account(Time now);
    void run(Thread& next, Time now);
    void switch_threads();
    void set_timer(Time now);
    void preempt();
    void release_loaded();
    void leave_for_good();
    void unload();

    uint32_t const _number;
    Lock _lock; // guards the queue and the running priority
    Run_queue<Thread, Queue_tag> _queue;
    int _running_priority{nobody};
    Timer_queue _timers;
    Thread* _current{nullptr};
    Thread* _previous{nullptr}; // ran here last; may be gone
    Thread* _loaded{nullptr};   // whose registers are here and not in memory
    Thread* _next{nullptr};     // handed over to
    Thread* _buried{nullptr};
    Thread* _expelled{nullptr}; // is to run elsewhere: goes when its registers are in memory
    List<Thread, Guard_tag> _guarded;
    Time _since{0}; // when _current began to run
    Time _programmed{never};
    uint64_t _switches{0};
    bool _reschedule{false};
    bool _disturbed{false};
    bool _idle{false};     // said so to others
    bool _retiring{false}; // is to park or stop

    static constexpr int nobody = Run_queue<Thread, Queue_tag>::nobody;
};

Processor& this_processor();

// A thread that waited, or is new, may run: on some processor that it may use.
void make_ready(Thread& thread);
// Whether some thread waits for a processor.
bool anybody_ready();
// For who is exclusive: what all current threads used up to now is on their account.
void account_all();
// For who is exclusive: the thread, if it runs anywhere else, is not in user mode any more.
void halt(Thread& thread);

} // namespace kernel
