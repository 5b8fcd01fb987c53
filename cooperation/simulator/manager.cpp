// SPDX-License-Identifier: MIT
#include "manager.hpp"

#include "words.hpp"

#include <algorithm>
#include <stdexcept>

namespace lavandin::simulator {

Manager::Manager(Events& events, Host& host, Scenario const& scenario, std::deque<Guest>& guests,
                 policy_kind kind)
    : _events{events}, _host{host}, _scenario{scenario}, _guests{guests}, _random{scenario.seed ^
                                                                                  0x6d616e61676572},
      _domains(guests.size()), _histories(guests.size()), _tallies(guests.size()) {
    policy_defaults(&_state.tuning);
    _state.kind = kind;
    _state.processors = scenario.processors;
    _state.domain_count = static_cast<uint32_t>(guests.size());
    _state.domains = _domains.data();
    for (size_t i = 0; i < guests.size(); ++i) {
        Guest_plan const& plan = guests[i].plan();
        policy_config& config = _domains[i].config;
        config = {static_cast<uint32_t>(i + 1),
                  plan.weight,
                  plan.cap,
                  plan.minimum,
                  plan.vcpus,
                  plan.capabilities,
                  nullptr,
                  nullptr};
        if (plan.rules) {
            config.rules = &*plan.rules;
            config.history = &_histories[i];
        }
        _awake.emplace_back(plan.vcpus, 0);
        _links.push_back(std::make_unique<Link>(*this, i));
        _links[i]->agent = std::make_unique<Agent>(events, guests[i], *_links[i], scenario.report,
                                                   scenario.seed * 7919 + i);
    }
}

void Manager::start() {
    for (size_t i = 0; i < _links.size(); ++i) {
        Guest_plan const& plan = _guests[i].plan();
        bool const changes = (plan.capabilities & POLICY_TAKES) != 0;
        _links[i]->agent->start(changes ? entitled_vcpus(_scenario, plan) : plan.vcpus);
    }
    tick();
}

// Where the VMM looks at a moment, guests must not foresee it.
void Manager::tick() {
    measure();
    std::vector<policy_domain> before;
    policy_state const state_before = _state;
    if (recorder)
        before = _domains;
    std::vector<policy_action> actions(_domains.size() * POLICY_ACTIONS_PER_DOMAIN);
    std::vector<unsigned> allocated;
    for (policy_domain const& domain : _domains)
        allocated.push_back(domain.memory.allocated);
    uint32_t count = 0;
    policy_status const status =
        policy_step(&_state, actions.data(), static_cast<uint32_t>(actions.size()), &count);
    if (status != POLICY_OK)
        throw std::logic_error{"policy_step: status " + std::to_string(status)};
    actions.resize(count);
    if (recorder)
        recorder(state_before, before, actions);
    for (policy_action const& action : actions)
        act(action);
    for (size_t i = 0; i < _domains.size(); ++i)
        count_change(i, allocated[i]);
    Time const next =
        _scenario.count_moment ? _random.around(_scenario.interval, 50) : _scenario.interval;
    _events.after(next, [this] { tick(); });
}

void Manager::measure() {
    _state.now = _events.now() + 1; // 0 means never
    _state.rate_limit = static_cast<uint32_t>(_host.rate_limit() / microsecond);
    for (size_t i = 0; i < _guests.size(); ++i)
        measure(i);
    _measured_at = _events.now();
}

void Manager::measure(size_t index) {
    Guest& guest = _guests[index];
    policy_measured& measured = _domains[index].measured;
    Time const passed = _events.now() - _measured_at;
    Time ran = 0, awake = 0;
    unsigned moment = 0;
    guest.account();
    measured.active = 0;
    for (size_t i = 0; i < guest.vcpus().size(); ++i) {
        Vcpu const& vcpu = *guest.vcpus()[i];
        ran += vcpu.ran;
        awake += vcpu.awake - _awake[index][i];
        measured.active += vcpu.awake != _awake[index][i];
        moment += vcpu.state == Vcpu::State::running || vcpu.state == Vcpu::State::runnable;
        _awake[index][i] = vcpu.awake;
    }
    measured.processor_time = ran;
    if (_scenario.count_moment || passed == 0)
        measured.runnable = moment * POLICY_WHOLE;
    else
        measured.runnable = static_cast<uint32_t>(awake * POLICY_WHOLE / passed);
    measured.online = guest.online();
    measured.weight = _host.weight(guest.domain());
    measured.cap_percent = _host.cap(guest.domain());
    Link& link = *_links[index];
    policy_inbox& inbox = _domains[index].inbox;
    while (inbox.request_count < POLICY_MOST_REQUESTS && !link.waiting.empty()) {
        inbox.requests[inbox.request_count++] = link.waiting.front();
        link.waiting.pop_front();
    }
}

void Manager::count_change(size_t index, unsigned before) {
    unsigned const now = _domains[index].memory.allocated;
    Tally& tally = _tallies[index];
    if (before == 0 || now == before)
        return;
    int const direction = now > before ? 1 : -1;
    ++tally.changes;
    tally.reversals += tally.direction == -direction;
    tally.direction = direction;
}

void Manager::act(policy_action const& action) {
    Tally& tally = _tallies[action.index];
    unsigned const domain = _guests[action.index].domain();
    note(action);
    switch (action.kind) {
    case POLICY_SET_WEIGHT:
        ++tally.weights;
        return _host.set_weight(domain, action.value);
    case POLICY_SET_CAP:
        return _host.set_cap(domain, action.value);
    case POLICY_SET_RATE_LIMIT:
        return _host.set_rate_limit(action.value * microsecond);
    case POLICY_ENFORCE:
        ++tally.enforcements;
        return;
    case POLICY_WOULD:
        ++tally.would;
        return;
    case POLICY_ANSWER:
        ++tally.answers[action.answer];
        return send(action);
    case POLICY_OFFER:
        ++tally.offers;
        return send(action);
    case POLICY_RECLAIM:
        ++tally.reclaims;
        return send(action);
    default:
        return send(action);
    }
}

void Manager::send(policy_action const& action) {
    _events.after(_scenario.latency,
                  [this, action] { _links[action.index]->agent->receive(action); });
}

void Manager::note(policy_action const& action) {
    if (action.kind != POLICY_SET_WEIGHT)
        _log.push_back(sentence(action, _events.now(), _guests[action.index].plan().name));
}

void Manager::Link::deliver(std::function<void(policy_domain&)> what) {
    _manager._events.after(_manager._scenario.latency,
                           [this, what = std::move(what)] { what(_manager._domains[_index]); });
}

void Manager::Link::report(policy_report const& report) {
    deliver([this, report](policy_domain& domain) {
        domain.report = report;
        domain.report.time = _manager._events.now() + 1;
    });
}

void Manager::Link::request(policy_request const& request) {
    ++_manager._tallies[_index].requests;
    deliver([this, request](policy_domain&) {
        if (waiting.size() < most_waiting)
            waiting.push_back(request);
    });
}

void Manager::Link::release(unsigned processors) {
    deliver([processors](policy_domain& domain) { domain.inbox.released += processors; });
}

void Manager::Link::reply_offer(policy_reply reply) {
    deliver([reply](policy_domain& domain) { domain.inbox.offer = reply; });
}

void Manager::Link::reply_reclaim(policy_reply reply) {
    deliver([reply](policy_domain& domain) { domain.inbox.reclaim = reply; });
}

} // namespace lavandin::simulator
