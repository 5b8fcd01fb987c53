// SPDX-License-Identifier: MIT
#include "actors.hpp"

#include <lavandin/clock.hpp>

namespace changes {

namespace {

constexpr uint64_t beyond = most_processors - 1; // the machine does not have it
constexpr uint64_t longest_deadline = 2 * millisecond;
constexpr uint64_t longest_wait = 10 * millisecond;
constexpr uint64_t look_after = 64; // changes between two looks at the tally

bool leaves(Processor_action action) {
    return action == Processor_action::park || action == Processor_action::stop;
}

} // namespace

// Mostly what is possible, sometimes anything.
Processor_action Worker::choose(uint64_t number, Processor_state state) {
    using Action = Processor_action;
    constexpr Action any[] = {Action::offer, Action::withdraw, Action::start,
                              Action::park,  Action::unpark,   Action::stop};
    if (_random.one_in(16))
        return _random.any_of(any);
    bool const back = _random.below(4) >= (_dry ? 3u : 1u);
    switch (state) {
    case Processor_state::absent:
        return Action::offer;
    case Processor_state::offered:
    case Processor_state::stopped:
        return back ? Action::start : Action::withdraw;
    case Processor_state::parked: // where stops happen, and where they are given up
        return number == 0 || _random.one_in(3) ? Action::unpark : Action::stop;
    default:
        return number == 0 || _random.one_in(2) ? Action::park : Action::stop;
    }
}

void Worker::change(uint64_t number) {
    Processor_state const state = _stage.processors.state(number);
    Processor_action const action = choose(number, state);
    uint64_t deadline = forever;
    if (_random.one_in(state == Processor_state::parked ? 2 : 3))
        deadline = !_random.one_in(4) ? at_once : after(_random.below(longest_deadline));
    if (leaves(action) && deadline == forever)
        static_cast<void>(_stage.invitation.signal());
    Error const answer = leaves(action) ? _stage.processors.act_openly(number, action, deadline)
                                        : _stage.processors.act(number, action);
    _stage.tally.note(state, action, answer);
}

void Worker::run(Goal const& goal) {
    for (uint64_t own = 1;;) {
        uint64_t const number =
            _random.one_in(64) ? beyond : _random.below(_stage.processors.possible());
        if (!_stage.processors.hold(number))
            continue;
        change(number);
        _stage.processors.let_go(number);
        uint64_t const changes = __atomic_add_fetch(&_stage.changes, 1, __ATOMIC_RELAXED);
        if (++own % look_after != 0)
            continue;
        _dry = _random.one_in(8);
        bool const enough = changes > goal.changes && _stage.tally.complete(goal.times, true);
        if (enough || changes > goal.most)
            return;
    }
}

// True when it came at the right moment.
bool Disturber::disturb(uint64_t number) {
    auto& processors = _stage.processors;
    Processor_state const state = processors.state(number);
    if (state != Processor_state::draining)
        return false;
    constexpr Processor_action others[] = {Processor_action::park, Processor_action::stop,
                                           Processor_action::start};
    if (_random.one_in(8)) {
        static_cast<void>(processors.revoke(number));
        return true;
    }
    auto const action = _random.one_in(4) ? _random.any_of(others) : Processor_action::unpark;
    _stage.tally.note(state, action, processors.act(number, action, at_once));
    return true;
}

// Whoever has invited us needs a moment to get there.
void Disturber::look_around() {
    constexpr unsigned most_looks = 32;
    for (unsigned looks = 0; looks < most_looks; ++looks) {
        for (uint64_t number = 0; number < _stage.processors.possible(); ++number)
            if (_stage.processors.leaving(number) && disturb(number))
                return;
        static_cast<void>(thread_yield());
    }
}

void Disturber::run() {
    while (!__atomic_load_n(&_stage.end, __ATOMIC_ACQUIRE))
        if (_stage.invitation.wait(after(longest_wait)).ok())
            look_around();
}

} // namespace changes
