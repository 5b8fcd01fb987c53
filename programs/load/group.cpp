// SPDX-License-Identifier: MIT
#include "group.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>
#include <stdio.h>

using namespace lavandin;

namespace load {

namespace {

// Below the thread that takes samples; who answers goes before who computes.
constexpr uint64_t answering = default_priority - 1;
constexpr uint64_t computing = default_priority - 2;
constexpr uint64_t stack_bytes = 16 * 1024;

// To a processor that takes threads: the `number`th if it does, else the nearest below.
void pin(unsigned number) {
    for (unsigned i = number + 1; i-- > 0;)
        if (thread_set_affinity(0, uint64_t{1} << i).ok())
            return;
    printf("load: thread %u finds no processor to stay on\n", number);
}

} // namespace

void Group::initialise(Group_plan const& plan, Pace pace, unsigned number,
                       Run_queues const& queues) {
    _plan = plan;
    _spin = {plan.spin, plan.adaptive != 0 ? &queues : nullptr};
    _pace = pace;
    _number = number;
    _barrier.initialise(plan.threads);
}

abi::Result<void> Group::start() {
    for (unsigned i = 0; i < _plan.threads; ++i) {
        _workers[i].group = this;
        _workers[i].number = i;
        uint64_t const priority = _plan.bursts() ? answering : computing;
        _workers[i].thread = TRY(Thread::start(run, &_workers[i], {stack_bytes, priority}));
    }
    Lock const lock{_gate};
    while (_waiting != _plan.threads)
        static_cast<void>(_gate_changed.wait(_gate));
    return {};
}

void Group::go(uint64_t begin, uint64_t end) {
    Lock const lock{_gate};
    _begin = begin;
    _end = end;
    _gate_changed.notify_all();
}

void Group::wait_for_go() {
    Lock const lock{_gate};
    ++_waiting;
    _gate_changed.notify_all();
    while (_end == 0)
        static_cast<void>(_gate_changed.wait(_gate));
}

void Group::join() {
    for (Worker& worker : _workers)
        worker.thread.join();
}

uint64_t Group::done() const {
    uint64_t sum = 0;
    for (Worker const& worker : _workers)
        sum += worker.done.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Group::spun() const {
    uint64_t sum = 0;
    for (Worker const& worker : _workers)
        sum += worker.spun.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Group::wanted() const {
    uint64_t sum = 0;
    uint64_t const moment = now();
    for (Worker const& worker : _workers) {
        uint64_t const since = worker.since.load();
        sum += worker.wanted.load() + (since != 0 && since < moment ? moment - since : 0);
    }
    return sum;
}

void Group::wants(Worker& worker, bool does) {
    if (does)
        return worker.since.store(now());
    uint64_t const since = worker.since.exchange(0);
    if (since != 0)
        worker.wanted.fetch_add(now() - since);
}

void Group::run(void* worker) {
    Worker& self = *static_cast<Worker*>(worker);
    self.group->run(self);
}

void Group::run(Worker& worker) {
    Random random{_number * Plan::most_threads + worker.number + 1};
    if (_plan.pinned != 0)
        pin(worker.number);
    wait_for_go();
    uint64_t begin = 0;
    uint64_t end = 0;
    for (uint64_t number = 0; next_window(number, begin, end); ++number) {
        static_cast<void>(thread_sleep(begin));
        if (!_plan.bursts())
            wants(worker, true);
        work(worker, random, number, end);
        wants(worker, false);
    }
}

// False when there is none.
bool Group::next_window(uint64_t number, uint64_t& begin, uint64_t& end) const {
    uint64_t const last = _plan.until != 0 ? std::min(_begin + _plan.until, _end) : _end;
    begin = _begin + _plan.from + number * _plan.every;
    end = _plan.every != 0 ? std::min(begin + _plan.on, last) : last;
    return begin < last && (number == 0 || _plan.every != 0);
}

void Group::work(Worker& worker, Random& random, uint64_t number, uint64_t end) {
    while (now() < end) {
        if (_plan.bursts()) {
            burst(worker, random, end);
            continue;
        }
        _pace.work(random.vary(_plan.work, _plan.jitter));
        if (_plan.kind == Kind::barrier) {
            if (!meet(worker, number))
                return;
            continue;
        }
        if (_plan.kind == Kind::lock)
            section(worker, random);
        worker.done.fetch_add(1, std::memory_order_relaxed);
    }
    if (_plan.kind == Kind::barrier)
        _barrier.close(number);
}

bool Group::meet(Worker& worker, uint64_t number) {
    auto const outcome =
        _barrier.arrive(number, _spin, worker.spun, [&](bool blocks) { wants(worker, !blocks); });
    if (outcome == Barrier::Outcome::first_to_go)
        worker.done.fetch_add(1, std::memory_order_relaxed);
    return outcome != Barrier::Outcome::closed;
}

void Group::section(Worker& worker, Random& random) {
    uint64_t const begin = now();
    bool held = _lock.try_lock();
    while (!held && _spin.goes_on(now() - begin))
        held = _lock.try_lock();
    worker.spun.fetch_add(now() - begin, std::memory_order_relaxed);
    if (!held) {
        wants(worker, false);
        _lock.lock();
        wants(worker, true);
    }
    _pace.work(random.vary(_plan.inside, _plan.jitter));
    _lock.unlock();
}

void Group::burst(Worker& worker, Random& random, uint64_t end) {
    uint64_t const due = now() + random.vary(_plan.think, _plan.jitter);
    static_cast<void>(thread_sleep(std::min(due, end)));
    if (due >= end)
        return;
    _wakes.add(now() - std::min(due, now()));
    wants(worker, true);
    _pace.work(random.vary(_plan.work, _plan.jitter));
    wants(worker, false);
    _responses.add(now() - due);
    worker.done.fetch_add(1, std::memory_order_relaxed);
}

} // namespace load
