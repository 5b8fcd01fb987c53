// SPDX-License-Identifier: MIT
#include <kernel/class_queue.hpp>

namespace kernel {

namespace {

uint32_t last_handle;

uint32_t new_handle() {
    uint32_t const handle = __atomic_add_fetch(&last_handle, 1, __ATOMIC_RELAXED);
    return handle ? handle : __atomic_add_fetch(&last_handle, 1, __ATOMIC_RELAXED);
}

} // namespace

Schedulable::Schedulable(unsigned priority)
    : _base_priority{static_cast<uint8_t>(priority)}, _priority{static_cast<uint8_t>(priority)} {
    _entity.handle = new_handle();
}

void Class_queue::start(Algorithm& built_in, void* built_in_state, uint32_t processor,
                        bool& failed) {
    _failed = &failed;
    _built_in = &built_in;
    _built_in_state = built_in_state;
    _processor = processor;
    use(built_in, built_in_state, next_installation(), 0);
}

// Modules see the nearest of what they can deal with.
uint64_t Class_queue::shown_parameter(Schedulable const& thread) const {
    uint64_t const wanted = thread.scheduling_class() == abi::fixed_priority_class
                                ? uint64_t{thread.priority()}
                                : thread._parameter;
    if (wanted < _module->least_parameter)
        return _module->least_parameter;
    return wanted > _module->greatest_parameter ? _module->greatest_parameter : wanted;
}

// Words of another module mean nothing to this one.
void Class_queue::show(Schedulable& thread) {
    abi::Policy_entity& entity = thread._entity;
    if (thread._known_to != _installation) {
        uint32_t const handle = entity.handle;
        entity = {};
        entity.handle = handle;
        thread._known_to = _installation;
    }
    entity.parameter = shown_parameter(thread);
    thread._known_on = _processor;
    thread._shown = true;
}

[[gnu::always_inline]] inline void Class_queue::count_in(Schedulable& thread) {
    thread._level = thread._priority;
    if (_level_counts[thread._level]++ == 0)
        _levels = _levels | uint32_t{1} << thread._level;
}

[[gnu::always_inline]] inline void Class_queue::count_out(Schedulable& thread) {
    if (--_level_counts[thread._level] == 0)
        _levels = _levels & ~(uint32_t{1} << thread._level);
}

[[gnu::always_inline]] inline void Class_queue::take(Schedulable& thread) {
    Schedulable*& chain = _chains[thread._entity.handle % chains];
    thread._chained = chain;
    chain = &thread;
    thread._queue = this;
    count_in(thread);
    _ready.push_back(thread);
    ++_count;
}

[[gnu::always_inline]] inline void Class_queue::give(Schedulable** place) {
    Schedulable& thread = **place;
    *place = thread._chained;
    thread._queue = nullptr;
    count_out(thread);
    List<Schedulable, Queue_tag>::remove(thread);
    --_count;
}

// Where the chain of that handle refers to the thread; to nullptr when there is none.
[[gnu::always_inline]] inline Schedulable** Class_queue::find(uint32_t handle) {
    Schedulable** place = &_chains[handle % chains];
    while (*place && (*place)->_entity.handle != handle)
        place = &(*place)->_chained;
    return place;
}

[[gnu::always_inline]] inline void Class_queue::charge_entity(Schedulable& thread, bool runnable) {
    Time const used = thread.uncharged;
    thread.uncharged = 0;
    thread._entity.runtime += used;
    if (wants_charge())
        module().charge(_state, &thread._entity, used, runnable);
}

void Class_queue::add(Schedulable& thread, Policy_reason reason, Time now) {
    agree(now);
    bool const known = thread._known_to == _installation;
    bool const moved = known && thread._known_on != _processor;
    abi::Policy_entity& entity = introduce(thread);
    if (thread.uncharged)
        charge_entity(thread, true);
    if (moved || (!known && reason != Policy_reason::woken))
        reason = Policy_reason::moved;
    entity.ready_since = thread._ready_since = now;
    take(thread);
    module().add(_state, &entity, reason, now);
}

void Class_queue::remove(Schedulable& thread, Time now) {
    give(find(thread._entity.handle));
    if (agree(now))
        module().remove(_state, &thread._entity);
}

void Class_queue::changed(Schedulable& thread, Time now) {
    count_out(thread);
    count_in(thread);
    agree(now);
    module().parameter_changed(_state, &introduce(thread));
}

void Class_queue::charge(Schedulable& thread, bool runnable, Time now) {
    agree(now);
    introduce(thread);
    charge_entity(thread, runnable);
}

[[gnu::always_inline]] inline Schedulable** Class_queue::ask_next(Time now) {
    uint32_t const handle = module().pick(_state, now);
    Schedulable** const place = find(handle);
    if (!*place) [[unlikely]]
        fail(handle ? Policy_violation::picked_stranger : Policy_violation::picked_nobody, now);
    return place;
}

// The built-in module answers for one that fails. Should that fail as well, the order is our own.
Schedulable& Class_queue::pick(Time now) {
    agree(now);
    if (++_picks % picks_per_audit == 0) [[unlikely]]
        audit(now);
    Schedulable** place = ask_next(now);
    if (!*place) [[unlikely]]
        place = ask_next(now);
    if (!*place) [[unlikely]] {
        module().remove(_state, &_ready.front()->_entity);
        place = find(_ready.front()->_entity.handle);
    }
    Schedulable& next = **place; // NOLINT(clang-analyzer-core.NullDereference): all are in chains
    give(place);
    if (next.slice_left == 0)
        set_slice(next, now);
    return next;
}

void Class_queue::renew_slice(Schedulable& thread, Time now) {
    agree(now);
    introduce(thread);
    set_slice(thread, now);
}

void Class_queue::set_slice(Schedulable& thread, Time now) {
    Time const slice = module().slice(_state, &thread._entity);
    bool const possible = slice >= abi::shortest_slice && slice <= abi::longest_slice;
    thread.slice_left = possible ? slice : Time{abi::shortest_slice};
    if (!possible) [[unlikely]]
        fail(Policy_violation::slice_out_of_range, now);
}

void Class_queue::audit(Time now) {
    if (module().count(_state) != _count)
        return fail(Policy_violation::wrong_count, now);
    if (breaks_promise(now))
        fail(Policy_violation::thread_left_out, now);
}

bool Class_queue::breaks_promise(Time now) {
    Time const oldest = _ready.front()->_ready_since;
    Time const promised = _module->longest_wait;
    return promised != 0 && now > oldest && now - oldest > promised;
}

template <typename Question>
bool Class_queue::ask(Question question, Time now) {
    agree(now);
    uint32_t answer = question();
    if (answer > 1) [[unlikely]] {
        fail(Policy_violation::answer_not_boolean, now);
        answer = question();
    }
    return answer == 1;
}

bool Class_queue::preempts(Schedulable& running, Schedulable& woken, Time now) {
    return ask([&] { return module().preempts(_state, &introduce(running), &woken._entity); }, now);
}

// One that goes on by itself asks for nothing, so that no audit would come: who waits has the
// module's promise.
Time Class_queue::limit(Schedulable& running, Time now) {
    Time const slice_end = now + running.slice_left;
    if (ask([&] { return module().contended(_state, &introduce(running)); }, now))
        return slice_end;
    if (breaks_promise(now)) [[unlikely]] {
        fail(Policy_violation::thread_left_out, now);
        return slice_end;
    }
    Time const promised = _module->longest_wait;
    return promised != 0 ? _ready.front()->_ready_since + promised + 1 : never;
}

void Class_queue::fail(Policy_violation violation, Time now) {
    ++_retirements;
    if (_algorithm != _built_in) { // which has no other to take over
        _algorithm->retire(violation);
        _retired = _algorithm;
        *_failed = true;
    }
    use(*_built_in, _built_in_state, next_installation(), now);
}

Algorithm* Class_queue::take_retired() {
    Algorithm* const retired = _retired;
    _retired = nullptr;
    return retired && retired->tell() ? retired : nullptr;
}

void Class_queue::serve_by(Algorithm* algorithm, void* state, uint32_t installation, Time now) {
    use(algorithm ? *algorithm : *_built_in, algorithm ? state : _built_in_state, installation,
        now);
    _retired = nullptr; // it may be unloaded
}

// Whoever is ready is handed over, longest wait first. What was the module's of them is forgotten.
void Class_queue::use(Algorithm& algorithm, void* state, uint32_t installation, Time now) {
    if (_algorithm)
        _algorithm->add_picks(_picks);
    _picks = 0;
    _algorithm = &algorithm;
    _module = &algorithm.module();
    _state = state;
    _installation = installation;
    __builtin_memset(state, 0, _module->state_bytes);
    module().init(state, _processor);
    for (Schedulable* thread = _ready.front(); thread; thread = _ready.next(*thread))
        module().add(state, &introduce(*thread), Policy_reason::inherited, now);
}

} // namespace kernel
