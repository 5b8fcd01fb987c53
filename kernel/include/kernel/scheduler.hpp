// SPDX-License-Identifier: MIT
// Which thread runs on a processor. The order of those that are ready there is that of modules
// (class_set.hpp); the timer is set only when somebody waits for it.
//
// A thread that is ready is in the queue of one processor. Which one is decided when it becomes
// ready (placement.cpp): where it ran last if nobody runs there, else on an idle processor, else
// where it goes before who runs there. A processor with an empty queue takes from others.
#pragma once

#include <kernel/accounting.hpp>
#include <kernel/class_set.hpp>
#include <kernel/gate.hpp>
#include <kernel/processors.hpp>
#include <kernel/relaxed.hpp>
#include <kernel/thread.hpp>
#include <lavandin/abi/processor.hpp>

namespace kernel {

class alignas(64) Processor {
public:
    explicit Processor(uint32_t number);

    uint32_t number() const { return _number; }
    Thread* current() const { return _current; }

    // What follows is about the processor that executes it.

    // A thread that the current one is about to wait for: it may run next here without passing
    // through the queue.
    void hand_over(Thread& thread);
    // The current thread stops; Wait says why. Takes effect in reschedule().
    void block(Wait why, Object* at);
    // It waits for something that another processor does first.
    void block_for_another(Wait why, Object* at);
    // The current thread goes behind others of its priority.
    void yield();
    void arm(Thread& thread, Time deadline);
    void timer_arrived();
    // The current thread has ended; its last reference goes when it is off this processor.
    void bury_current();

    // Lets the right thread run, and do first what it has left to do in the kernel
    // (kernel_work.cpp). Does not return when there is none.
    void reschedule();
    // What reschedule() is for.
    bool work_left() const { return _current ? _current->work.any() : !_leftovers.empty(); }
    void leave_behind(Leftover& leftover);
    void take_over(Leftovers& leftovers);
    bool must_reschedule() const { return __atomic_load_n(&_reschedule, __ATOMIC_RELAXED); }
    // Somebody who was exclusive has taken the current thread away, or made it go on elsewhere,
    // since the processor came into the kernel: what it came for is void.
    bool disturbed() const { return _disturbed; }

    // What follows may be about any processor.

    // Says which modules have been retired here; may give up the gate for a moment.
    void report_retired();

    // The thread is ready here; what runs here is preempted if the thread goes before it.
    void enqueue(Thread& thread);
    // What the current thread used up to now is on its account.
    void account_current(Time now);
    // The priority that a thread would have to exceed to run at once; -1 when idle.
    int running_priority() const { return _running_priority; }
    // Of this processor, for all to see.
    abi::Processor_accounts const& accounts() const { return *_accounts; }

    // For who is exclusive.

    // It counts there from now on, for good.
    void count_in(abi::Processor_accounts& accounts);
    void note_state(abi::Processor_state state) {
        _accounts->counts.state = static_cast<uint64_t>(state);
    }
    void remove(Thread& thread);
    void disarm(Thread& thread) { _timers.remove(thread); }
    // The current or a ready thread of this processor runs at another priority.
    void set_priority(Thread& thread, unsigned priority);
    // A thread of this processor, whatever it does, belongs to another class, or has another
    // parameter in it.
    void set_class(Thread& thread, unsigned number, uint64_t parameter);
    // A module takes over a place (class_set.hpp) here.
    void serve_by(uint64_t place, Algorithm* algorithm, void* state, uint32_t installation);
    void set_share(uint64_t place, uint64_t thousandths);
    // What the place has seen here is added.
    void describe(uint64_t place, abi::Policy_information& information);
    void describe(abi::Processor_information& information) const;
    bool somebody_ready() const { return _classes.highest() != nobody; }
    // It takes no threads any more: it leaves what it does, and gives away what it has.
    void retire();
    // It was parked, and takes threads again.
    void come_back_idle();
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
        if (_running == &thread)
            _running = nullptr;
    }

    Gate gate;

private:
    friend struct Outside_access;

    static constexpr int most_expired = 16; // deadlines, in one go

    Thread* choose(Time now);
    Thread* take_next(Time now);
    Thread* take_next_locked(Time now);
    static Processor* richest_of(Processor_set those);
    Thread* steal(Time now);
    Thread* give_away(Processor_set to);
    void put_back_current(Time now);
    bool await_another();
    bool goes_elsewhere(Thread const& current) const;
    Time time_for(Thread const& thread) const;
    template <typename Change>
    void change(Thread& thread, Change change);
    void begin_turn(Thread* thread, Time now);
    void charge_current(Time now);
    bool may_run_here(Thread const& thread) const {
        return (thread.affinity & processors().accepting() & set_of(_number)) != 0;
    }
    void count_current(abi::Thread_phase ready, Time now);
    void count_woken(Thread& thread, Time now);
    void count_turn(Thread& next, bool switches, Time now);
    void run(Thread& next, Time now);
    void note_place(Thread& thread);
    void enter(abi::Activity activity, Time now);
    // For this processor itself. Others have it look by preempt().
    void want_reschedule() { __atomic_store_n(&_reschedule, true, __ATOMIC_RELAXED); }
    void publish_length() {
        __atomic_store_n(&_accounts->counts.ready, _classes.count(), __ATOMIC_RELAXED);
    }
    void switch_threads();
    void work();
    void let_others_in();
    void set_timer();
    void preempt();
    void release_loaded();
    void leave_for_good();
    void unload();

    Leftovers _leftovers; // of nobody: there was no thread
    uint32_t const _number;
    Lock _lock; // guards what follows up to _timers
    Class_set _classes;
    Thread* _running{nullptr}; // _current, but known to others as soon as it is chosen
    Relaxed<int> _running_priority{nobody};
    Time _since{0};     // when _running began to run, or was charged last
    Time _limit{never}; // until when it may go on
    Timer_queue _timers;
    Thread* _current{nullptr};
    Thread* _previous{nullptr}; // ran here last; may be gone
    Thread* _loaded{nullptr};   // whose registers are here and not in memory
    Thread* _next{nullptr};     // handed over to
    Thread* _buried{nullptr};
    Thread* _expelled{nullptr}; // is to run elsewhere: goes when its registers are in memory
    List<Thread, Guard_tag> _guarded;
    Time _programmed{never};
    abi::Processor_accounts* _accounts;
    bool _reschedule{false};
    bool _disturbed{false};
    bool _yields{false};   // the current thread
    bool _idle{false};     // said so to others
    bool _retiring{false}; // is to park or stop
    bool _awaits_another{false};

    static constexpr int nobody = Class_queue::nobody;
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
