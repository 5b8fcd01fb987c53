// SPDX-License-Identifier: MIT
// The ready threads of one class on one processor, and the module that orders them.
//
//   _ready     all of them, in a list of the kernel's own: nobody is lost, whatever the module does
//   _chains    the same by handle: what a module answers is looked up here, and nowhere else
//   _algorithm says who is next; each answer is checked. One that cannot be right retires the
//              module, and the built-in one takes over with all that are in _ready
//
// The lock of the processor's run queue guards it; no module is called without. Pure logic.
#pragma once

#include <kernel/algorithm.hpp>
#include <kernel/relaxed.hpp>
#include <kernel/schedulable.hpp>

namespace kernel {

using abi::Policy_reason;

class Class_queue {
public:
    static constexpr int nobody = -1;

    // Begins with the built-in module of the class, whose state has `state_bytes` of it and stays.
    // `failed` becomes true when a module is retired here.
    void start(Algorithm& built_in, void* built_in_state, uint32_t processor, bool& failed);

    bool empty() const { return _count == 0; }
    uint32_t count() const { return _count; }
    // Highest priority of those that are ready, or `nobody`.
    int highest() const { return highest_of(_levels); }
    // One bit for each priority at which a thread is ready; of several queues, bits may be joined.
    uint32_t levels() const { return _levels; }
    static int highest_of(uint32_t levels) { return levels ? 31 - __builtin_clz(levels) : nobody; }
    // All of them, the one that waits longest first.
    Schedulable* longest_ready() { return _ready.front(); }
    Schedulable* next_longest(Schedulable& thread) { return _ready.next(thread); }

    void add(Schedulable& thread, Policy_reason reason, Time now);
    void remove(Schedulable& thread, Time now);
    // The priority or parameter of one that is in the queue, and stays in this class, is another.
    void changed(Schedulable& thread, Time now);
    // Who runs next, taken out, with a slice; only when somebody is ready.
    Schedulable& pick(Time now);
    // The module learns what the thread used; it is not in the queue.
    void charge(Schedulable& thread, bool runnable, Time now);
    // The thread begins a new slice.
    void renew_slice(Schedulable& thread, Time now);
    bool preempts(Schedulable& running, Schedulable& woken, Time now);
    // Until when the running one may go on, should nothing happen; only when somebody is ready.
    // `never`: the module lets nobody else in, and has not promised to.
    Time limit(Schedulable& running, Time now);

    // Another module takes over, with `state_bytes` at `state`; nullptr: the built-in one.
    void serve_by(Algorithm* algorithm, void* state, uint32_t installation, Time now);

    Algorithm& algorithm() const { return *_algorithm; }
    bool wants_time() const { return (_module->flags & abi::policy_wants_time) != 0; }
    bool wants_charge() const { return (_module->flags & abi::policy_wants_charge) != 0; }
    uint64_t picks() const { return _picks; }
    uint64_t retirements() const { return _retirements; }
    // A module that was retired here and that nobody has told of yet.
    Algorithm* take_retired();

    static constexpr bool holds(Schedulable const& thread) { return thread._queue != nullptr; }
    static constexpr Class_queue* queue_of(Schedulable const& thread) { return thread._queue; }

private:
    friend struct Outside_access;

    static constexpr unsigned chains = 16;
    static constexpr unsigned picks_per_audit = 64;

    abi::Policy_scheduler const& module() const { return _module->scheduler; }
    uint64_t shown_parameter(Schedulable const& thread) const;
    // What the module sees of the thread, as it is now.
    abi::Policy_entity& introduce(Schedulable& thread) {
        if (thread._known_to != _installation || thread._known_on != _processor || !thread._shown)
            [[unlikely]]
            show(thread);
        return thread._entity;
    }
    void show(Schedulable& thread);
    void count_in(Schedulable& thread);
    void count_out(Schedulable& thread);
    void take(Schedulable& thread);
    void give(Schedulable** place);
    Schedulable** find(uint32_t handle);
    void charge_entity(Schedulable& thread, bool runnable);
    Schedulable** ask_next(Time now);
    void set_slice(Schedulable& thread, Time now);
    // False when the module has been retired, here or elsewhere; then the built-in one has taken
    // over.
    bool agree(Time now) {
        if (!_algorithm->retired()) [[likely]]
            return true;
        fail(_algorithm->violation(), now);
        return false;
    }
    void audit(Time now);
    bool breaks_promise(Time now);
    void fail(Policy_violation violation, Time now);
    // What the module says; when that is neither yes nor no, what the built-in one says.
    template <typename Question>
    bool ask(Question question, Time now);
    void use(Algorithm& algorithm, void* state, uint32_t installation, Time now);

    Algorithm* _algorithm{nullptr};
    abi::Policy_module const* _module{nullptr}; // of _algorithm
    void* _state{nullptr};
    Algorithm* _built_in{nullptr};
    void* _built_in_state{nullptr};
    Algorithm* _retired{nullptr};
    bool* _failed{nullptr};
    List<Schedulable, Queue_tag> _ready; // the one that waits longest first
    Schedulable* _chains[chains]{};
    uint32_t _level_counts[32]{};
    Relaxed<uint32_t> _levels{0}; // others look whom they could take
    uint32_t _count{0};
    uint32_t _processor{0};
    uint32_t _installation{0};
    uint64_t _picks{0};
    uint64_t _retirements{0};
};

} // namespace kernel
