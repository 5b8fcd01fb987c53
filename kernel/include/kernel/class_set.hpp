// SPDX-License-Identifier: MIT
// All ready threads of one processor: a queue for each class, and the coordinator that says which
// class goes next when several want to. Takes the place of a run queue; the lock of that guards it.
//
// A turn is the time from one next() to the following one. Threads that call each other within a
// turn are handed the processor without a module (may_hand_over). The coordinator is asked only
// while two classes or more are in play, so that a machine that uses one class never does.
#pragma once

#include <kernel/class_queue.hpp>
#include <policy/built_in.hpp>

namespace kernel {

class Class_set {
public:
    enum class Wake : uint8_t {
        nothing,  // it waits for its turn
        timer,    // as well, but the running one has a limit() from now on
        preempts, // the woken one may go before the running one: call next()
    };

    explicit Class_set(uint32_t processor);
    Class_set(Class_set const&) = delete;
    Class_set& operator=(Class_set const&) = delete;

    // The thread is ready.
    void enter(Schedulable& thread, Policy_reason reason, Time now) {
        unsigned const number = thread.scheduling_class();
        _queues[number].add(thread, reason, now);
        _mask |= bit(number);
    }
    // One that is ready is not any more.
    void leave(Schedulable& thread, Time now);
    // One that is in here gets a priority, class or parameter by `change()`.
    template <typename Change>
    void change(Schedulable& thread, Time now, Change change);

    // Whether the running one is to be charged before the woken one is entered.
    bool wants_charge(Schedulable const& running, Schedulable const& woken) const {
        Class_queue const& queue = _queues[running.scheduling_class()];
        return queue.wants_charge() && queue.empty() &&
               running.scheduling_class() == woken.scheduling_class();
    }
    void charge(Schedulable& running, Time now);
    // What the running thread, if any, has to do with one that was just entered.
    Wake woken(Schedulable* running, Schedulable& woken, Time now);

    // The running one goes on although its slice may have ended: nobody else is ready.
    void go_on(Schedulable& running, Time now) {
        _preempted = false;
        _turn_begin = _budget_end = never;
        if (running.slice_left == 0)
            _queues[running.scheduling_class()].renew_slice(running, now);
    }
    // Who runs now, taken out; nullptr: nobody is ready.
    Schedulable* next(Time now);
    // Whether the thread, which is ready but was not entered, may run without next(): it goes on
    // with the turn of one that waits for it.
    bool may_hand_over(Schedulable const& thread) const;
    // The thread, which stops to run and does not enter again, is charged.
    void stop(Schedulable& thread, Time now);
    // Until when the running one may go on, should nothing happen; `never` when nobody else wants.
    Time limit(Schedulable& running, Time now);

    bool empty() const { return _mask == 0; }
    uint32_t count() const;
    // The highest priority at which a thread is ready, -1 when none is. Others may look, too.
    int highest() const;
    bool wants_time(Schedulable const& thread) const {
        return _queues[thread.scheduling_class()].wants_time();
    }
    // Any one that is ready; nullptr: none is.
    Schedulable* any();
    // The highest that `accepts` says yes to, of the first `most_looks`; nullptr: there is none.
    template <typename Accepts>
    Schedulable* find(unsigned most_looks, Accepts accepts);

    // A module takes over a place, with `state_bytes` at `state`; nullptr: the built-in one.
    void serve_by(uint64_t place, Algorithm* algorithm, void* state, uint32_t installation,
                  Time now);
    void set_share(uint64_t place, uint64_t thousandths);

    // What the place has seen here is added.
    void describe(uint64_t place, abi::Policy_information& information) const;
    Algorithm const& algorithm(uint64_t place) const;
    // True when there is something for take_retired().
    bool failed() const { return _failed; }
    // A module that was retired here and that nobody has told of yet; nullptr: none any more.
    Algorithm* take_retired();

private:
    friend struct Outside_access;

    static constexpr unsigned classes = abi::scheduling_classes;

    static constexpr uint32_t bit(uint64_t number) { return uint32_t{1} << number; }
    abi::Policy_coordinator const& coordinator() const {
        return _coordinator->module().coordinator;
    }
    void refresh(unsigned number) {
        _mask = _queues[number].empty() ? _mask & ~bit(number) : _mask | bit(number);
    }
    bool coordinating() const { return _turn_begin != never; }
    void charge_turn(Time now);
    unsigned coordinate(Time now);
    Policy_violation fault_of(abi::Policy_choice const& choice) const;
    void note_waiting(unsigned chosen, Time now);
    void agree();
    void fail(Policy_violation violation);
    void use(Algorithm& algorithm, void* state);
    bool class_preempts(unsigned running, unsigned woken);

    Class_queue _queues[classes];
    uint32_t _mask{0}; // bit c: class c has ready threads
    unsigned _turn{0}; // class of the turn
    bool _preempted{false};
    bool _limited{false};    // limit() was told that there is one
    Time _turn_begin{never}; // or last charge of it; `never`: the coordinator is not asked
    Time _budget_end{never};
    Time _waits_since[classes]; // to be chosen; `never`: does not wait
    uint64_t _shares[classes]{900, 50, 25, 25};
    Algorithm* _coordinator{nullptr};
    void* _coordinator_state{nullptr};
    Algorithm* _retired{nullptr};
    bool _failed{false};
    uint64_t _choices{0};
    uint64_t _coordinator_retirements{0};
    uint32_t const _processor;

    // States of the built-in modules.
    alignas(64) char _fixed_priority[policy::fixed_priority_state_bytes];
    alignas(64) char _share[classes - 1][policy::proportional_share_state_bytes];
    alignas(64) char _strict_order[policy::strict_order_state_bytes];
};

template <typename Change>
void Class_set::change(Schedulable& thread, Time now, Change change) {
    Class_queue* const before = Class_queue::queue_of(thread);
    change();
    if (before == &_queues[thread.scheduling_class()])
        return before->changed(thread, now);
    leave(thread, now);
    enter(thread, Policy_reason::moved, now);
}

template <typename Accepts>
Schedulable* Class_set::find(unsigned most_looks, Accepts accepts) {
    Schedulable* found = nullptr;
    unsigned looks = 0;
    for (Class_queue& queue : _queues)
        for (Schedulable* each = queue.longest_ready(); each && looks < most_looks;
             each = queue.next_longest(*each), ++looks)
            if ((!found || each->priority() > found->priority()) && accepts(*each))
                found = each;
    return found;
}

// The algorithms of the built-in modules; shared by all processors.
Algorithm& built_in_algorithm(uint64_t place);

} // namespace kernel
