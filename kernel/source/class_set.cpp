// SPDX-License-Identifier: MIT
#include <kernel/class_set.hpp>

namespace kernel {

namespace {

constinit Algorithm fixed_priority{fixed_priority_policy};
constinit Algorithm share{proportional_share_policy};
constinit Algorithm strict_order{strict_order_policy};

bool single(uint32_t mask) { return (mask & (mask - 1)) == 0; }
unsigned first(uint32_t mask) { return static_cast<unsigned>(__builtin_ctz(mask)); }

} // namespace

Algorithm& built_in_algorithm(uint64_t place) {
    if (place == abi::coordinator_place)
        return strict_order;
    return place == abi::fixed_priority_class ? fixed_priority : share;
}

Class_set::Class_set(uint32_t processor) : _processor{processor} {
    _queues[0].start(fixed_priority, _fixed_priority, processor, _failed);
    for (unsigned c = 1; c < classes; ++c)
        _queues[c].start(share, _share[c - 1], processor, _failed);
    use(strict_order, _strict_order);
}

void Class_set::leave(Schedulable& thread, Time now) {
    Class_queue* const queue = Class_queue::queue_of(thread);
    queue->remove(thread, now);
    refresh(static_cast<unsigned>(queue - _queues));
}

Class_set::Wake Class_set::woken(Schedulable* running, Schedulable& woken, Time now) {
    if (!running)
        return Wake::preempts;
    unsigned const runs = running->scheduling_class();
    unsigned const comes = woken.scheduling_class();
    _preempted = _preempted || (runs == comes ? _queues[runs].preempts(*running, woken, now)
                                              : class_preempts(runs, comes));
    if (_preempted)
        return Wake::preempts;
    return !_limited && limit(*running, now) != never ? Wake::timer : Wake::nothing;
}

// The first time that a second class is in play the coordinator has to choose.
bool Class_set::class_preempts(unsigned running, unsigned woken) {
    if (!coordinating())
        return true;
    agree();
    uint32_t const answer = coordinator().preempts(_coordinator_state, running, woken);
    if (answer > 1)
        fail(Policy_violation::answer_not_boolean);
    return answer != 0;
}

Schedulable* Class_set::next(Time now) {
    _preempted = false;
    if (!_mask) {
        _turn_begin = _budget_end = never;
        return nullptr;
    }
    _turn = single(_mask) && !coordinating() ? first(_mask) : coordinate(now);
    Schedulable& thread = _queues[_turn].pick(now);
    refresh(_turn);
    return &thread;
}

bool Class_set::may_hand_over(Schedulable const& thread) const {
    bool const alone = (_mask & ~bit(_turn)) == 0;
    return !_preempted && (alone || coordinating()) && thread.slice_left != 0 &&
           thread.scheduling_class() == _turn &&
           static_cast<int>(thread.priority()) >= _queues[_turn].highest();
}

void Class_set::stop(Schedulable& thread, Time now) {
    if (thread.uncharged)
        _queues[thread.scheduling_class()].charge(thread, false, now);
}

void Class_set::charge(Schedulable& running, Time now) {
    if (running.uncharged)
        _queues[running.scheduling_class()].charge(running, true, now);
}

Time Class_set::limit(Schedulable& running, Time now) {
    unsigned const number = running.scheduling_class();
    Class_queue& queue = _queues[number];
    Time const slice_end = queue.empty() ? never : queue.limit(running, now);
    bool const others = (_mask & ~bit(number)) != 0;
    Time const end = others && _budget_end < slice_end ? _budget_end : slice_end;
    _limited = end != never;
    return end;
}

int Class_set::highest() const {
    uint32_t levels = 0;
    for (Class_queue const& queue : _queues)
        levels |= queue.levels();
    return Class_queue::highest_of(levels);
}

uint32_t Class_set::count() const {
    if (empty())
        return 0;
    uint32_t sum = 0;
    for (Class_queue const& queue : _queues)
        sum += queue.count();
    return sum;
}

Schedulable* Class_set::any() { return _mask ? _queues[first(_mask)].longest_ready() : nullptr; }

void Class_set::charge_turn(Time now) {
    if (coordinating() && now > _turn_begin)
        coordinator().charge(_coordinator_state, _turn, now - _turn_begin);
    _turn_begin = now;
}

unsigned Class_set::coordinate(Time now) {
    agree();
    charge_turn(now);
    ++_choices;
    auto choice = coordinator().choose(_coordinator_state, _mask, now);
    if (Policy_violation const fault = fault_of(choice); fault != Policy_violation::none) {
        fail(fault);
        choice = coordinator().choose(_coordinator_state, _mask, now);
    }
    bool const good = fault_of(choice) == Policy_violation::none;
    unsigned const chosen = good ? static_cast<unsigned>(choice.scheduling_class) : first(_mask);
    bool const alone = single(_mask);
    _turn_begin = alone ? never : now;
    _budget_end = alone ? never : now + (good ? choice.budget : Time{abi::shortest_slice});
    note_waiting(chosen, now);
    return chosen;
}

Policy_violation Class_set::fault_of(abi::Policy_choice const& choice) const {
    if (choice.scheduling_class >= classes || !(_mask & bit(choice.scheduling_class)))
        return Policy_violation::chose_no_class;
    bool const possible =
        choice.budget >= abi::shortest_slice && choice.budget <= abi::longest_slice;
    return possible ? Policy_violation::none : Policy_violation::budget_out_of_range;
}

// A class that waits too long is the next coordinator's to choose.
void Class_set::note_waiting(unsigned chosen, Time now) {
    for (unsigned c = 0; c < classes; ++c) {
        bool const waits = c != chosen && (_mask & bit(c)) != 0;
        if (!waits)
            _waits_since[c] = never;
        else if (_waits_since[c] == never)
            _waits_since[c] = now;
        else if (now > _waits_since[c] && now - _waits_since[c] > abi::longest_wait) {
            _waits_since[c] = now;
            fail(Policy_violation::class_left_out);
        }
    }
}

void Class_set::agree() {
    if (_coordinator->retired()) [[unlikely]]
        fail(_coordinator->violation());
}

void Class_set::fail(Policy_violation violation) {
    ++_coordinator_retirements;
    if (_coordinator != &strict_order) {
        _coordinator->retire(violation);
        _retired = _coordinator;
        _failed = true;
    }
    use(strict_order, _strict_order);
}

void Class_set::use(Algorithm& algorithm, void* state) {
    if (_coordinator)
        _coordinator->add_picks(_choices);
    _choices = 0;
    _coordinator = &algorithm;
    _coordinator_state = state;
    __builtin_memset(state, 0, algorithm.module().state_bytes);
    coordinator().init(state, _shares, _processor);
    for (Time& since : _waits_since)
        since = never;
}

void Class_set::serve_by(uint64_t place, Algorithm* algorithm, void* state, uint32_t installation,
                         Time now) {
    if (place != abi::coordinator_place)
        return _queues[place].serve_by(algorithm, state, installation, now);
    use(algorithm ? *algorithm : strict_order, algorithm ? state : _strict_order);
    _retired = nullptr; // it may be unloaded
}

void Class_set::set_share(uint64_t place, uint64_t thousandths) {
    _shares[place] = thousandths;
    use(*_coordinator, _coordinator_state);
}

void Class_set::describe(uint64_t place, abi::Policy_information& information) const {
    bool const coordinates = place == abi::coordinator_place;
    information.ready += coordinates ? 0 : _queues[place].count();
    information.picks += coordinates ? _choices : _queues[place].picks();
    information.retirements +=
        coordinates ? _coordinator_retirements : _queues[place].retirements();
    if (!coordinates)
        information.share = _shares[place];
}

Algorithm const& Class_set::algorithm(uint64_t place) const {
    return place == abi::coordinator_place ? *_coordinator : _queues[place].algorithm();
}

Algorithm* Class_set::take_retired() {
    Algorithm* const coordinator = _retired;
    _retired = nullptr;
    if (coordinator && coordinator->tell())
        return coordinator;
    for (Class_queue& queue : _queues)
        if (Algorithm* const retired = queue.take_retired())
            return retired;
    _failed = false;
    return nullptr;
}

} // namespace kernel
