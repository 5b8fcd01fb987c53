// SPDX-License-Identifier: MIT
#include "host.hpp"

#include <algorithm>

namespace lavandin::simulator {

namespace {

constexpr int64_t idle_credit = -static_cast<int64_t>(Host::credit_begin) - 1;

} // namespace

unsigned Host::add_domain(unsigned weight, unsigned cap_percent) {
    unsigned const number = static_cast<unsigned>(_domains.size());
    _domains.push_back({});
    set_weight(number, weight);
    set_cap(number, cap_percent);
    return number;
}

Vcpu& Host::add_vcpu(unsigned domain, Executor* executor) {
    Vcpu& vcpu = _vcpus.emplace_back();
    vcpu.domain = domain;
    vcpu.number = static_cast<unsigned>(std::ranges::count(_vcpus, domain, &Vcpu::domain)) - 1;
    vcpu.executor = executor;
    vcpu.cpu = static_cast<unsigned>((_vcpus.size() - 1) % _cpus.size());
    vcpu.credit = static_cast<int64_t>(credit_begin);
    return vcpu;
}

// The heaviest burns one credit per nanosecond, the others more.
void Host::find_greatest_weight() {
    _greatest_weight = std::ranges::max(_domains, {}, &Domain::weight).weight;
}

void Host::set_weight(unsigned domain, unsigned weight) {
    for (Vcpu& vcpu : _vcpus)
        if (vcpu.state == Vcpu::State::running)
            burn(vcpu);
    _domains[domain].weight = weight;
    find_greatest_weight();
}

void Host::set_cap(unsigned domain, unsigned percent) {
    Domain& target = _domains[domain];
    if (target.cap == percent)
        return;
    target.cap = percent;
    target.budget = static_cast<int64_t>(cap_period * percent / 100);
    if (percent != 0 && !target.refilled) {
        target.refilled = true;
        _events.after(cap_period, [this, domain] { refill(domain); });
    }
    for (unsigned cpu = 0; cpu < _cpus.size(); ++cpu)
        ask(cpu);
}

void Host::refill(unsigned domain) {
    Domain& target = _domains[domain];
    if (target.cap == 0) {
        target.refilled = false;
        return;
    }
    for (Vcpu& vcpu : _vcpus)
        if (vcpu.domain == domain && vcpu.state == Vcpu::State::running)
            burn(vcpu);
    int64_t const quota = static_cast<int64_t>(cap_period * target.cap / 100);
    target.budget = std::min(target.budget + quota, quota);
    _events.after(cap_period, [this, domain] { refill(domain); });
    for (unsigned cpu = 0; cpu < _cpus.size(); ++cpu)
        ask(cpu);
}

void Host::account(Vcpu& vcpu) {
    Time const now = _events.now();
    Time const passed = now - vcpu.since;
    if (vcpu.state == Vcpu::State::running)
        vcpu.ran += passed;
    if (vcpu.state == Vcpu::State::runnable)
        vcpu.stolen += passed;
    if (vcpu.state == Vcpu::State::running || vcpu.state == Vcpu::State::runnable)
        vcpu.awake += passed;
    vcpu.since = now;
}

void Host::enter(Vcpu& vcpu, Vcpu::State state) {
    account(vcpu);
    vcpu.state = state;
    vcpu.entered = _events.now();
}

void Host::burn(Vcpu& vcpu) {
    Time const passed = _events.now() - vcpu.burned_at;
    Domain& domain = _domains[vcpu.domain];
    vcpu.credit -= static_cast<int64_t>(passed * _greatest_weight / domain.weight);
    vcpu.credit = std::max(vcpu.credit, -static_cast<int64_t>(credit_begin));
    vcpu.burned_at = _events.now();
    if (domain.cap != 0)
        domain.budget -= static_cast<int64_t>(passed);
}

void Host::bring_up(Vcpu& vcpu) {
    if (vcpu.state == Vcpu::State::offline)
        enter(vcpu, Vcpu::State::blocked);
}

void Host::take_down(Vcpu& vcpu) {
    if (vcpu.state == Vcpu::State::running)
        leave_cpu(vcpu);
    enter(vcpu, Vcpu::State::offline);
}

void Host::block(Vcpu& vcpu) {
    leave_cpu(vcpu);
    enter(vcpu, Vcpu::State::blocked);
}

void Host::wake(Vcpu& vcpu) {
    if (vcpu.state != Vcpu::State::blocked)
        return;
    enter(vcpu, Vcpu::State::runnable);
    tickle(vcpu);
}

void Host::leave_cpu(Vcpu& vcpu) {
    burn(vcpu);
    Cpu& cpu = _cpus[vcpu.cpu];
    Time const from = std::max(vcpu.entered, _trace_from);
    Time const until = std::min(_events.now(), _trace_until);
    if (from < until)
        _stretches.push_back({vcpu.cpu, vcpu.domain, vcpu.number, from, until});
    cpu.current = nullptr;
    ask(vcpu.cpu);
}

// Which processor should look at its queue because of a VCPU that woke (runq_tickle): its own when
// idle, another idle one, else the one whose VCPU has least credit, and less than the new one. One
// that was asked already comes for somebody else.
void Host::tickle(Vcpu const& vcpu) {
    auto const idle = [this](unsigned cpu) {
        return _cpus[cpu].current == nullptr && !_cpus[cpu].asked;
    };
    if (idle(vcpu.cpu))
        return ask(vcpu.cpu);
    for (unsigned cpu = 0; cpu < _cpus.size(); ++cpu)
        if (idle(cpu))
            return ask(cpu);
    int64_t least = vcpu.credit;
    unsigned best = static_cast<unsigned>(_cpus.size());
    for (unsigned cpu = 0; cpu < _cpus.size(); ++cpu) {
        if (_cpus[cpu].asked || _cpus[cpu].current == nullptr)
            continue;
        Vcpu& current = *_cpus[cpu].current;
        burn(current);
        if (_events.now() - current.entered + tolerance < _rate_limit)
            continue;
        int64_t const credit =
            current.credit + (cpu == vcpu.cpu ? 0 : static_cast<int64_t>(resistance));
        if (credit < least) {
            least = credit;
            best = cpu;
        }
    }
    if (best < _cpus.size())
        ask(best);
}

void Host::ask(unsigned cpu) {
    if (_cpus[cpu].asked)
        return;
    _cpus[cpu].asked = true;
    _events.after(0, [this, cpu] { schedule(cpu); });
}

bool Host::may_run(Vcpu const& vcpu) const {
    Domain const& domain = _domains[vcpu.domain];
    return domain.cap == 0 || domain.budget > 0;
}

// runq_candidate: who has most credit; one from elsewhere needs more by the resistance.
Vcpu* Host::candidate(unsigned cpu) {
    Vcpu* best = _cpus[cpu].current;
    if (best != nullptr && !may_run(*best))
        best = nullptr;
    if (best != nullptr && _events.now() - best->entered < _rate_limit)
        return best;
    int64_t credit = best != nullptr ? best->credit : idle_credit;
    for (Vcpu& vcpu : _vcpus) {
        if (vcpu.state != Vcpu::State::runnable || !may_run(vcpu))
            continue;
        int64_t const asked = credit + (vcpu.cpu == cpu ? 0 : static_cast<int64_t>(resistance));
        bool const idle = best == nullptr;
        if (vcpu.credit > (idle ? credit : asked)) {
            best = &vcpu;
            credit = vcpu.credit;
        }
    }
    return best;
}

Time Host::to_time(int64_t credit, Vcpu const& vcpu) const {
    if (credit <= 0)
        return 0;
    return static_cast<Time>(credit) * _domains[vcpu.domain].weight / _greatest_weight;
}

// csched2_runtime: until its credit is spent, or equal to that of the next who waits.
Time Host::slice(unsigned cpu, Vcpu const& next) {
    int64_t credit = next.credit;
    int64_t waiting = 0;
    unsigned sharers = 0;
    for (Vcpu const& vcpu : _vcpus) {
        if (vcpu.state == Vcpu::State::runnable && &vcpu != &next && may_run(vcpu))
            waiting = std::max(waiting, vcpu.credit);
        sharers += vcpu.domain == next.domain && vcpu.state == Vcpu::State::running;
    }
    if (waiting > 0)
        credit -= waiting;
    Time least = least_slice;
    if (_cpus[cpu].current == &next && _events.now() - next.entered < _rate_limit)
        least = std::max(least, _rate_limit - (_events.now() - next.entered));
    else
        least = std::max(least, _rate_limit);
    Time const time = std::clamp(to_time(credit, next), least, credit_begin);
    Domain const& domain = _domains[next.domain];
    if (domain.cap == 0)
        return time;
    Time const budget = domain.budget > 0 ? static_cast<Time>(domain.budget) : 0;
    return std::min(time, std::max(budget / std::max(sharers, 1U), 10 * microsecond));
}

void Host::reset_credits(Vcpu const& next) {
    int64_t const begin = static_cast<int64_t>(credit_begin);
    int64_t const most = begin + static_cast<int64_t>(least_slice);
    int64_t const times = next.credit < -begin ? 1 + -next.credit / begin : 1;
    for (Vcpu& vcpu : _vcpus) {
        if (vcpu.state == Vcpu::State::running)
            burn(vcpu);
        vcpu.credit = std::min(vcpu.credit + times * begin, most);
    }
}

void Host::schedule(unsigned number) {
    Cpu& cpu = _cpus[number];
    cpu.asked = false;
    ++cpu.timer;
    if (cpu.current != nullptr)
        burn(*cpu.current);
    Vcpu* const next = candidate(number);
    if (next != nullptr && next->credit <= 0)
        reset_credits(*next);
    Time const time = next != nullptr ? slice(number, *next) : 0;
    if (next != cpu.current)
        run(number, next);
    if (next == nullptr)
        return;
    _events.after(time, [this, number, generation = cpu.timer] {
        if (_cpus[number].timer == generation)
            ask(number);
    });
}

void Host::run(unsigned number, Vcpu* next) {
    Cpu& cpu = _cpus[number];
    if (Vcpu* const before = cpu.current; before != nullptr) {
        leave_cpu(*before);
        enter(*before, Vcpu::State::runnable);
        before->executor->stopped();
        tickle(*before);
    }
    if (next == nullptr)
        return;
    enter(*next, Vcpu::State::running);
    next->cpu = number;
    next->burned_at = _events.now();
    cpu.current = next;
    next->executor->started();
}

} // namespace lavandin::simulator
