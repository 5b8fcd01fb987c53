// SPDX-License-Identifier: MIT
#include "transitions.hpp"

namespace lavandin::resource_manager {

bool Transitions::idle(uint64_t number) {
    Lock const lock{_mutex};
    return _transitions[number].state == State::idle;
}

Result<void> Transitions::start(uint64_t at_once) {
    for (size_t i = 0; i < maximum_threads && (i < at_once || i == 0); ++i) {
        auto thread = Thread::start(work, this, {stack_bytes, _priority});
        if (!thread.ok())
            return i != 0 ? Error::none : thread.error();
        _threads[i] = static_cast<Thread&&>(thread.value());
    }
    return {};
}

void Transitions::submit(uint64_t number, Processor_action action, uint64_t deadline) {
    Lock const lock{_mutex};
    _transitions[number] = {State::queued, action, deadline, {}};
    ++_queued_count;
    _queued.notify_one();
}

bool Transitions::take_back(uint64_t number) {
    Lock const lock{_mutex};
    Transition& transition = _transitions[number];
    if (transition.state != State::queued)
        return false;
    transition.state = State::ended;
    transition.outcome = {static_cast<uint64_t>(Error::cancelled), {}};
    --_queued_count;
    static_cast<void>(_ended.signal());
    return true;
}

std::optional<Transitions::Ended> Transitions::take_ended() {
    Lock const lock{_mutex};
    for (uint64_t number = 0; number < maximum_processors; ++number) {
        Transition& transition = _transitions[number];
        if (transition.state != State::ended)
            continue;
        transition.state = State::idle;
        return Ended{number, transition.action, transition.outcome};
    }
    return std::nullopt;
}

// With the mutex held.
Transitions::Transition& Transitions::next_queued() {
    while (_queued_count == 0)
        static_cast<void>(_queued.wait(_mutex));
    --_queued_count;
    size_t place = 0;
    while (_transitions[place].state != State::queued)
        ++place;
    return _transitions[place];
}

void Transitions::work(void* self) {
    auto& all = *static_cast<Transitions*>(self);
    all._mutex.lock();
    while (true) {
        Transition& transition = all.next_queued();
        transition.state = State::running;
        all._mutex.unlock();
        auto const number = static_cast<uint64_t>(&transition - all._transitions.data());
        // Nobody else writes to one that is running.
        auto const outcome = all._processors.act(number, transition.action, transition.deadline);
        all._mutex.lock();
        transition.outcome = outcome;
        transition.state = State::ended;
        static_cast<void>(all._ended.signal());
    }
}

} // namespace lavandin::resource_manager
