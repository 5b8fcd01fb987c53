// SPDX-License-Identifier: MIT
#include "sampled_guest.hpp"

#include <bit>

namespace lavandin::resource_manager {

using namespace simulator;

namespace {

constexpr Time for_ever = 3600 * second;

Guest_plan plan_of(std::vector<Load> const& loads, unsigned processors) {
    Guest_plan plan;
    plan.vcpus = processors;
    plan.loads = loads;
    return plan;
}

Load computing(unsigned threads) {
    Load load;
    load.kind = Kind::compute;
    load.threads = threads;
    load.work = millisecond;
    return load;
}

} // namespace

Sampled_guest::Sampled_guest(std::vector<Load> const& loads, unsigned processors, unsigned physical,
                             unsigned neighbours, uint64_t seed)
    : _host{_events, physical, microsecond}, _plan{plan_of(loads, processors)},
      _other_plan{plan_of({computing(neighbours)}, std::max(1u, neighbours))} {
    _guest = std::make_unique<Guest>(_events, _host, _plan, seed, for_ever);
    _guest->use(processors);
    if (neighbours != 0) {
        _other = std::make_unique<Guest>(_events, _host, _other_plan, seed + 1, for_ever);
        _other->use(neighbours);
    }
    for (auto const& group : _guest->groups())
        _waited.resize(_waited.size() + group.threads.size(), true);
    _woken.resize(_waited.size());
}

void Sampled_guest::run(Time time) {
    for (Time const end = _events.now() + time; _events.now() < end;) {
        _events.run_until(_events.now() + step);
        sample();
    }
    _guest->account();
    unsigned number = 0;
    unsigned running = 0;
    for (auto const* const vcpu : _guest->vcpus()) {
        auto& to = _seen->processors[number++];
        to.state = abi::Processor_state::online;
        to.ran = vcpu->ran;
        to.stolen = vcpu->stolen;
        to.busy = vcpu->ran + vcpu->stolen;
        to.idle = _events.now() - to.busy;
        to.running = vcpu->state == Vcpu::State::running || vcpu->state == Vcpu::State::runnable;
        running += to.running ? 1 : 0;
        to.ready = 0;
    }
    _seen->processor_count = number;
    _seen->time = _events.now();
    unsigned const runnable = _guest->runnable_threads();
    for (unsigned i = running; i < runnable; ++i)
        ++_seen->processors[i % number].ready;
}

void Sampled_guest::sample() {
    unsigned place = 0;
    uint64_t process = 1;
    for (auto const& group : _guest->groups()) {
        for (auto const* const thread : group.threads)
            if (place < most_threads) {
                auto& to = _seen->threads[place];
                to.process = process;
                to.identifier = ++place;
                sample(*thread, to);
            }
        ++process;
    }
    _seen->thread_count = place;
}

void Sampled_guest::sample(Thread const& thread, Thread_observation& to) {
    using State = Thread::State;
    auto const index = to.identifier - 1;
    bool const waits = thread.state != State::running && thread.state != State::ready;
    auto& first = _seen->processors[0];
    if (!waits && _waited[index]) {
        ++to.wake_ups;
        ++first.wake_ups;
        _woken[index] = _events.now();
    }
    if (thread.state == State::running && _woken[index] != 0) {
        ++first.histogram[std::bit_width(_events.now() - _woken[index] + 1)];
        _woken[index] = 0;
    }
    _waited[index] = waits;
    auto const phase = waits                            ? abi::Thread_phase::waiting
                       : thread.state == State::running ? abi::Thread_phase::running
                                                        : abi::Thread_phase::preempted;
    to.time[static_cast<unsigned>(phase)] += step;
}

} // namespace lavandin::resource_manager
