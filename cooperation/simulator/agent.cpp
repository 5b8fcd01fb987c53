// SPDX-License-Identifier: MIT
#include "agent.hpp"

#include <algorithm>

namespace lavandin::simulator {

Agent::Agent(Events& events, Guest& guest, Manager_link& link, Time interval, uint64_t seed)
    : _events{events}, _guest{guest}, _link{link}, _interval{interval}, _random{seed} {}

void Agent::start(unsigned allowed) {
    _allowed = allowed;
    _guest.use(allowed);
    if (can(POLICY_REPORTS))
        _events.after(_random.below(_interval), [this] { sample(0); });
}

void Agent::sample(unsigned number) {
    _sum += _guest.runnable_threads();
    if (number + 1 == samples) {
        report();
        number = 0;
    } else {
        ++number;
    }
    _events.after(_interval / samples, [this, number] { sample(number); });
}

// Threads that wait for each other are not all runnable when they have too few processors; how many
// there are is what they could use.
void Agent::estimate() {
    unsigned demand = _sum * POLICY_WHOLE / samples;
    for (Group const& group : _guest.groups())
        if (group.active && (group.load.kind == Kind::barrier || group.load.kind == Kind::lock))
            demand = std::max(demand, group.load.threads * POLICY_WHOLE);
    _sum = 0;
    _demand = static_cast<unsigned>(_random.around(demand, _guest.plan().noise));
    if (_guest.plan().behaviour.inflates)
        _demand = _guest.plan().vcpus * POLICY_WHOLE;
}

void Agent::report() {
    estimate();
    _guest.account();
    policy_report report{};
    report.load = _guest.load();
    report.runnable_threads = _guest.runnable_threads();
    report.demand = _demand;
    report.confidence = 90;
    report.processor_count = static_cast<uint32_t>(_guest.vcpus().size());
    for (unsigned i = 0; i < report.processor_count; ++i) {
        Vcpu const& vcpu = *_guest.vcpus()[i];
        bool const up = vcpu.state != Vcpu::State::offline;
        uint64_t const idle = _events.now() - std::min(_events.now(), vcpu.ran + vcpu.stolen);
        report.processors[i] = {vcpu.ran, idle, vcpu.stolen, 0, 0, up};
    }
    _link.report(report);
    if (can(POLICY_TAKES))
        ask_or_release();
}

void Agent::ask_or_release() {
    Time const now = _events.now();
    unsigned const whole = std::min(
        (std::max(_demand, band) - band + POLICY_WHOLE - 1) / POLICY_WHOLE, _guest.plan().vcpus);
    unsigned const wanted = std::max(whole, _guest.plan().minimum);
    bool const more = wanted > _allowed;
    bool const less = wanted < _allowed;
    _more_since = !more ? 0 : _more_since == 0 ? now : _more_since;
    _less_since = !less ? 0 : _less_since == 0 ? now : _less_since;
    if (_guest.plan().behaviour.floods)
        for (int i = 0; i < 8; ++i)
            ask(_guest.plan().vcpus);
    else if (more && !_asked && now >= _quiet_until && now - _more_since >= ask_after)
        ask(wanted);
    if (less && now - _less_since >= release_after && can(POLICY_GIVES_BACK) &&
        !_guest.plan().behaviour.refuses) {
        _link.release(_allowed - wanted);
        _allowed = wanted;
        _guest.use(_allowed);
        _less_since = 0;
    }
}

void Agent::ask(unsigned wanted) {
    _asked = true;
    policy_request request{};
    request.number = ++_number;
    request.wanted = wanted;
    request.minimum = std::min(_allowed + 1, wanted);
    _link.request(request);
}

void Agent::receive(policy_action const& action) {
    switch (action.kind) {
    case POLICY_ANSWER:
        _asked = false;
        if (action.answer == POLICY_GRANTED || action.answer == POLICY_PARTLY)
            _allowed = std::max(_allowed, action.processors);
        if (action.answer != POLICY_GRANTED)
            _quiet_until = _events.now() + pause;
        return _guest.use(_allowed);
    case POLICY_OFFER:
        if (_guest.plan().behaviour.silent)
            return;
        _allowed = action.processors;
        _guest.use(_allowed);
        return _link.reply_offer({action.number, POLICY_DONE});
    case POLICY_RECLAIM:
        return give_up(action);
    default:
        return;
    }
}

void Agent::give_up(policy_action const& action) {
    Behaviour const& behaviour = _guest.plan().behaviour;
    if (behaviour.silent)
        return;
    if (behaviour.refuses)
        return _link.reply_reclaim({action.number, POLICY_REFUSED});
    _allowed = std::min(_allowed, action.processors);
    _guest.use(_allowed);
    done_when_settled(action.number);
}

void Agent::done_when_settled(unsigned number) {
    if (_guest.settled())
        return _link.reply_reclaim({number, POLICY_DONE});
    _events.after(look_again, [this, number] { done_when_settled(number); });
}

} // namespace lavandin::simulator
