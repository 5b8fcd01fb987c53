// SPDX-License-Identifier: MIT
#include <kernel/interrupt.hpp>
#include <kernel/log.hpp>
#include <kernel/processor_control.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

Processor_control* controls[arch::most_processors];

} // namespace

Processor_control& processor_control(uint32_t number) { return *controls[number]; }

Result<void> make_processors(Ref<Quota> const& quota) {
    uint32_t const possible = arch::possible_processors();
    for (uint32_t number = 0; number < arch::most_processors; ++number) {
        auto const made = TRY(make<Processor_control>(quota, number));
        made->acquire(); // it stays
        controls[number] = made.get();
        if (number < possible)
            TRY_VOID(made->offer());
        if (number == 0 || number >= possible)
            continue;
        TRY_VOID(quota->charge(slab_of<Processor>().object_bytes()));
        processors().add(*new (TRY(slab_of<Processor>().allocate())) Processor{number});
    }
    (void)TRY(controls[0]->accounts());
    (void)controls[0]->start();
    controls[0]->started();
    return {};
}

void Processor_control::describe(abi::Processor_information& information) const {
    information = {};
    information.number = _number;
    information.state = static_cast<uint64_t>(_state);
    information.goal = static_cast<uint64_t>(_goal);
    if (Processor* const processor = processors().at(_number))
        processor->describe(information);
}

Result<Ref<Memory>> Processor_control::accounts() {
    if (_accounts)
        return _accounts;
    Processor* const processor = processors().at(_number);
    if (!processor)
        return Error::not_supported;
    auto const made = TRY(make<Memory>(Ref<Quota>{quota()}));
    void* const page = TRY(made->fill_for_kernel(nullptr));
    processor->count_in(*static_cast<abi::Processor_accounts*>(page));
    processor->note_state(_state);
    _accounts = made;
    return made;
}

void Processor_control::enter(State state) {
    _state = state;
    if (Processor* const processor = processors().at(_number))
        processor->note_state(state);
}

Result<void> Processor_control::offer() {
    if (_state != State::absent)
        return Error::wrong_state;
    enter(State::offered);
    return {};
}

Result<void> Processor_control::withdraw() {
    if (_state != State::offered && _state != State::stopped)
        return Error::wrong_state;
    enter(State::absent);
    return {};
}

// The gates up to its own are taken before it runs: it may not come in while we are exclusive.
Result<void> Processor_control::start_first() {
    Processor* const processor = processors().at(_number);
    if (!processor)
        return Error::refused;
    (void)TRY(accounts());
    Gate::admit(this_processor(), _number + 1);
    TRY_VOID(arch::start_processor(_number, *processor));
    _initialised = true;
    return {};
}

Result<bool> Processor_control::start() {
    if (_state == State::starting || _state == State::draining)
        return Error::busy;
    if (_state != State::offered && _state != State::stopped)
        return Error::wrong_state;
    if (_number == 0)
        _initialised = true;
    else if (!_initialised)
        TRY_VOID(start_first());
    else if (!arch::restart_processor(_number))
        return Error::refused;
    enter(State::starting);
    return true;
}

void Processor_control::started() {
    _goal = State::online;
    enter(State::online);
    processors().accept(_number);
    tell(Error::none);
}

void Processor_control::come_back(Error told) {
    _goal = State::online;
    enter(State::online);
    processors().accept(_number);
    tell(told);
}

// One that waits idly is found by who makes a thread ready; it looks for those that are.
Result<bool> Processor_control::unpark() {
    if (_state == State::starting)
        return Error::busy;
    if (_state != State::parked && _state != State::draining)
        return Error::wrong_state;
    bool const parked = _state == State::parked;
    come_back(Error::cancelled);
    if (parked)
        processors().at(_number)->come_back_idle();
    if (parked && anybody_ready())
        arch::kick(_number);
    return false;
}

Result<bool> Processor_control::stop(Thread*& obstacle) {
    return _number == 0 ? Result<bool>{Error::not_supported} : leave(State::stopped, obstacle);
}

Result<bool> Processor_control::leave(State goal, Thread*& obstacle) {
    if (_state == State::starting || _state == State::draining)
        return Error::busy;
    if (_state != State::online && !(_state == State::parked && goal == State::stopped))
        return Error::wrong_state;
    if (_state == State::online) {
        Processor_set const others = processors().accepting() & ~set_of(_number);
        if (!others)
            return Error::no_processor;
        obstacle = move_guards(*processors().at(_number), others);
        if (obstacle)
            return Error::pinned;
    }
    processors().refuse(_number);
    _was_parked = _state == State::parked;
    enter(State::draining);
    _goal = goal;
    processors().at(_number)->retire();
    return true;
}

void Processor_control::wait(Thread& caller) {
    _waiter = &caller;
    this_processor().block_for_another(Wait::processor, this);
}

void Processor_control::stop_waiting() {
    _waiter = nullptr;
    if (_state != State::draining)
        return;
    if (!_was_parked)
        return come_back(Error::none);
    _goal = State::parked; // it finds that it has arrived
    enter(_goal);
}

void Processor_control::tell(Error error) {
    Thread* const waiter = _waiter;
    if (!waiter)
        return;
    _waiter = nullptr;
    waiter->cancel(error);
    make_ready(*waiter);
}

bool Processor_control::leave_step() {
    if (!processors().at(_number)->give_away_step() || !move_interrupts_step(_number))
        return false;
    enter(_goal);
    tell(Error::none);
    return true;
}

} // namespace kernel
