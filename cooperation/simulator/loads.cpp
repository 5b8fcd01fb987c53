// SPDX-License-Identifier: MIT
// What threads do: the part of a guest that makes its load.
#include "guest.hpp"

#include <algorithm>

namespace lavandin::simulator {

void Guest::window(Group& group, Time from) {
    Time const last = group.load.until == 0 ? _end : std::min(group.load.until, _end);
    if (from >= last)
        return;
    Time const until = group.load.every == 0 ? last : std::min(from + group.load.on, last);
    _events.at(from, [this, &group] { begin(group); });
    _events.at(until, [this, &group] { end(group); });
    if (group.load.every != 0)
        _events.at(until, [this, &group, from] { window(group, from + group.load.every); });
}

void Guest::begin(Group& group) {
    group.active = true;
    group.arrived = 0;
    group.holder = nullptr;
    for (Thread* const thread : group.threads) {
        ++thread->life;
        thread->step = Thread::Step::working;
        thread->left = vary(group, group.load.work);
        if (thread->interactive())
            sleep(*thread);
        else
            make_ready(*thread);
    }
}

void Guest::end(Group& group) {
    group.active = false;
    for (Thread* const thread : group.threads) {
        ++thread->life;
        std::erase(_ready, thread);
        Processor* const processor = processor_of(*thread);
        if (processor != nullptr)
            progress(*processor);
        thread->state = Thread::State::ended;
        if (processor == nullptr)
            continue;
        processor->thread = nullptr;
        ++processor->plan;
        if (processor->vcpu->state == Vcpu::State::running)
            take_next(*processor);
    }
}

bool Guest::next(Thread& thread) {
    Group& group = *thread.group;
    switch (group.load.kind) {
    case Kind::compute:
        ++group.done;
        thread.left = vary(group, group.load.work);
        return true;
    case Kind::barrier:
        return at_barrier(thread);
    case Kind::lock:
        return at_lock(thread);
    case Kind::interactive:
    case Kind::idle:
        ++group.done;
        group.responses.push_back(_events.now() - thread.woken);
        return sleep(thread);
    }
    return true;
}

void Guest::proceed(Thread& thread, Thread::Step step, Time time) {
    Processor* const processor = processor_of(thread);
    bool const runs = processor != nullptr && processor->vcpu->state == Vcpu::State::running;
    if (runs)
        progress(*processor);
    bool const waited = thread.state == Thread::State::waiting;
    thread.step = step;
    thread.left = time;
    if (waited)
        make_ready(thread);
    else if (runs)
        plan_event(*processor);
}

bool Guest::at_barrier(Thread& thread) {
    Group& group = *thread.group;
    if (thread.step == Thread::Step::spinning) {
        thread.state = Thread::State::waiting;
        return false;
    }
    if (++group.arrived < group.threads.size()) {
        thread.step = Thread::Step::spinning;
        thread.left = spin(group);
        if (thread.left != 0)
            return true;
        thread.state = Thread::State::waiting;
        return false;
    }
    group.arrived = 0;
    ++group.done;
    for (Thread* const each : group.threads)
        if (each != &thread)
            proceed(*each, Thread::Step::working, vary(group, group.load.work));
    thread.step = Thread::Step::working;
    thread.left = vary(group, group.load.work);
    return true;
}

bool Guest::at_lock(Thread& thread) {
    Group& group = *thread.group;
    if (thread.step == Thread::Step::holding) {
        ++group.done;
        unlock(thread);
        thread.step = Thread::Step::working;
        thread.left = vary(group, group.load.work);
        return true;
    }
    if (group.holder == nullptr) {
        group.holder = &thread;
        thread.step = Thread::Step::holding;
        thread.left = vary(group, group.load.inside);
        return true;
    }
    if (thread.step == Thread::Step::working && spin(group) != 0) {
        thread.step = Thread::Step::spinning;
        thread.left = spin(group);
        return true;
    }
    thread.step = Thread::Step::working;
    thread.state = Thread::State::waiting;
    return false;
}

// To one that spins on a processor; else one that waits tries again. One that spins without a
// processor finds the lock free when it runs.
void Guest::unlock(Thread& thread) {
    Group& group = *thread.group;
    group.holder = nullptr;
    for (Thread* const each : group.threads) {
        Processor* const processor = processor_of(*each);
        if (each->step != Thread::Step::spinning || processor == nullptr ||
            processor->vcpu->state != Vcpu::State::running)
            continue;
        group.holder = each;
        return proceed(*each, Thread::Step::holding, vary(group, group.load.inside));
    }
    for (Thread* const each : group.threads)
        if (each->state == Thread::State::waiting)
            return proceed(*each, Thread::Step::working, 1);
}

bool Guest::sleep(Thread& thread) {
    Group& group = *thread.group;
    thread.state = Thread::State::sleeping;
    thread.left = vary(group, group.load.work);
    _events.after(vary(group, group.load.think), [this, &thread, life = thread.life] {
        if (thread.life != life)
            return;
        thread.woken = _events.now();
        thread.first = true;
        make_ready(thread);
    });
    return false;
}

} // namespace lavandin::simulator
