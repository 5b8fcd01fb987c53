// SPDX-License-Identifier: MIT
#include "guest.hpp"

#include <algorithm>

namespace lavandin::simulator {

Guest::Guest(Events& events, Host& host, Guest_plan const& plan, uint64_t seed, Time end)
    : _events{events}, _host{host}, _plan{plan}, _random{seed}, _end{end}, _domain{host.add_domain(
                                                                               plan.weight,
                                                                               plan.cap)} {
    for (unsigned i = 0; i < plan.vcpus; ++i) {
        Processor& processor = _processors.emplace_back(*this);
        processor.vcpu = &host.add_vcpu(_domain, &processor);
        _handles.push_back(processor.vcpu);
    }
    for (Load const& load : plan.loads) {
        Group& group = _groups.emplace_back();
        group.load = load;
        for (unsigned i = 0; i < load.threads; ++i) {
            group.threads.push_back(&_threads.emplace_back());
            group.threads.back()->group = &group;
        }
        window(group, load.from);
    }
}

unsigned Guest::online() const {
    return static_cast<unsigned>(std::ranges::count_if(
        _handles, [](Vcpu const* vcpu) { return vcpu->state != Vcpu::State::offline; }));
}

bool Guest::settled() const { return std::ranges::none_of(_processors, &Processor::leaving); }

unsigned Guest::runnable_threads() const {
    return static_cast<unsigned>(std::ranges::count_if(_threads, [](Thread const& thread) {
        return thread.state == Thread::State::ready || thread.state == Thread::State::running;
    }));
}

void Guest::account() {
    for (Processor& processor : _processors) {
        _host.account(*processor.vcpu);
        if (processor.vcpu->state == Vcpu::State::running)
            progress(processor);
    }
}

policy_load Guest::load() const {
    bool compute = false, interactive = false;
    for (Group const& group : _groups) {
        if (!group.active)
            continue;
        if (group.load.kind == Kind::barrier)
            return POLICY_LOAD_BARRIERS;
        if (group.load.kind == Kind::lock)
            return POLICY_LOAD_LOCKS;
        compute |= group.load.kind == Kind::compute;
        interactive |= group.load.kind == Kind::interactive;
    }
    if (compute)
        return POLICY_LOAD_THROUGHPUT;
    return interactive ? POLICY_LOAD_INTERACTIVE : POLICY_LOAD_IDLE;
}

void Guest::use(unsigned number) {
    _wanted = number;
    for (unsigned i = 0; i < _processors.size(); ++i) {
        Processor& processor = _processors[i];
        bool const up = processor.vcpu->state != Vcpu::State::offline;
        processor.leaving = up && i >= number;
        if (i < number && !up)
            _host.bring_up(*processor.vcpu);
        if (processor.leaving && processor.vcpu->state == Vcpu::State::blocked) {
            processor.leaving = false;
            _host.take_down(*processor.vcpu);
        } else if (processor.leaving && processor.vcpu->state == Vcpu::State::running) {
            leave(processor);
        }
    }
    for (size_t i = 0; i < _ready.size(); ++i)
        find_processor(*_ready[i]);
}

// The VCPU itself goes down, so it needs a processor for that.
void Guest::leave(Processor& processor) {
    ++processor.plan;
    drop_thread(processor);
    processor.leaving = false;
    _host.take_down(*processor.vcpu);
}

void Guest::drop_thread(Processor& processor) {
    if (processor.thread == nullptr)
        return;
    progress(processor);
    Thread& thread = *processor.thread;
    processor.thread = nullptr;
    make_ready(thread);
}

void Guest::started(Processor& processor) {
    processor.began = _events.now() + _host.switch_cost();
    if (processor.leaving)
        return leave(processor);
    if (processor.thread == nullptr)
        return take_next(processor);
    plan_event(processor);
}

void Guest::stopped(Processor& processor) {
    progress(processor);
    ++processor.plan;
}

void Guest::take_next(Processor& processor) {
    if (_ready.empty()) {
        ++processor.plan;
        return _host.block(*processor.vcpu);
    }
    Thread& thread = *_ready.front();
    _ready.pop_front();
    processor.thread = &thread;
    processor.began = std::max(processor.began, _events.now());
    processor.slice_end = processor.began + slice;
    thread.state = Thread::State::running;
    if (thread.first)
        thread.group->wakeups.push_back(_events.now() - thread.woken);
    thread.first = false;
    plan_event(processor);
}

void Guest::progress(Processor& processor) {
    Time const now = _events.now();
    if (processor.thread == nullptr || now <= processor.began)
        return;
    Thread& thread = *processor.thread;
    Time const passed = std::min(now - processor.began, thread.left);
    thread.left -= passed;
    (thread.step == Thread::Step::spinning ? thread.group->spun : thread.group->useful) += passed;
    processor.began = now;
}

void Guest::plan_event(Processor& processor) {
    Time const end = processor.began + processor.thread->left;
    Time const due =
        _ready.empty() ? end : std::min(end, std::max(processor.slice_end, processor.began + 1));
    _events.at(due, [this, &processor, generation = ++processor.plan] {
        if (processor.plan == generation)
            event(processor);
    });
}

void Guest::event(Processor& processor) {
    progress(processor);
    Thread& thread = *processor.thread;
    if (thread.left > 0) { // the end of its slice
        processor.slice_end = _events.now() + slice;
        if (_ready.empty() || (thread.interactive() && !_ready.front()->interactive()))
            return plan_event(processor);
        processor.thread = nullptr;
        thread.state = Thread::State::ready;
        _ready.push_back(&thread);
        return take_next(processor);
    }
    if (next(thread)) {
        if (processor.thread == &thread && processor.vcpu->state == Vcpu::State::running)
            plan_event(processor);
        return;
    }
    processor.thread = nullptr;
    take_next(processor);
}

Guest::Processor* Guest::processor_of(Thread const& thread) {
    auto const found = std::ranges::find(_processors, &thread, &Processor::thread);
    return found == _processors.end() ? nullptr : &*found;
}

void Guest::make_ready(Thread& thread, bool front) {
    thread.state = Thread::State::ready;
    if (front || thread.interactive()) {
        auto const place =
            std::ranges::find_if(_ready, [](Thread const* each) { return !each->interactive(); });
        _ready.insert(place, &thread);
    } else {
        _ready.push_back(&thread);
    }
    find_processor(thread);
}

// An idle VCPU, or for an interactive thread one that does other work. Otherwise it waits its turn.
void Guest::find_processor(Thread const& thread) {
    size_t coming = 0;
    for (Processor const& each : _processors)
        coming += each.vcpu->state == Vcpu::State::runnable && each.thread == nullptr;
    if (coming >= _ready.size())
        return;
    for (unsigned i = 0; i < _wanted; ++i)
        if (_processors[i].vcpu->state == Vcpu::State::blocked)
            return _host.wake(*_processors[i].vcpu);
    for (unsigned i = 0; i < _wanted; ++i) {
        Processor& each = _processors[i];
        if (each.vcpu->state != Vcpu::State::running || each.thread == nullptr)
            continue;
        if (thread.interactive() && !each.thread->interactive()) {
            progress(each);
            Thread& before = *each.thread;
            before.state = Thread::State::ready;
            _ready.push_back(&before);
            each.thread = nullptr;
            return take_next(each);
        }
        plan_event(each); // its slice counts from now on
    }
}

} // namespace lavandin::simulator
