// SPDX-License-Identifier: MIT
#include "machine.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace lavandin::simulator {

namespace {

double seconds(Time time) { return static_cast<double>(time) / 1e9; }

// In microseconds; sorts.
double percentile(std::vector<Time>& times, unsigned percent) {
    if (times.empty())
        return 0;
    std::ranges::sort(times);
    size_t const at = std::min(times.size() * percent / 100, times.size() - 1);
    return static_cast<double>(times[at]) / 1e3;
}

class Machine {
public:
    Machine(Scenario const& scenario, Run const& run, Recorder recorder)
        : _scenario{scenario}, _run{run}, _host{_events, scenario.processors,
                                                scenario.switch_cost} {
        _host.trace(run.trace_from, run.trace_until);
        Random random{run.seed};
        for (Guest_plan const& plan : scenario.guests)
            _guests.emplace_back(_events, _host, plan, random.next(), scenario.duration);
        _ran.resize(_guests.size());
        _result.guests.resize(_guests.size());
        if (run.setup == Setup::cooperation) {
            _manager = std::make_unique<Manager>(_events, _host, scenario, _guests, run.policy);
            _manager->recorder = std::move(recorder);
        }
    }

    Result run() {
        start();
        _events.after(_run.sample, [this] { sample(); });
        _events.run_until(_scenario.duration);
        _result.scenario = _scenario.name;
        _result.setup = setup_name(_run);
        _result.seed = _run.seed;
        _result.duration = seconds(_scenario.duration);
        _result.processors = _scenario.processors;
        _result.sample = _run.sample;
        for (size_t i = 0; i < _guests.size(); ++i)
            collect(i);
        _result.stretches = _host.stretches();
        if (_manager)
            _result.log = _manager->log();
        return std::move(_result);
    }

private:
    void start() {
        if (_manager)
            return _manager->start();
        for (Guest& guest : _guests) {
            unsigned const fixed = entitled_vcpus(_scenario, guest.plan());
            guest.use(_run.setup == Setup::fixed ? fixed : guest.plan().vcpus);
        }
    }

    static Time ran(Guest& guest) {
        guest.account();
        return std::accumulate(guest.vcpus().begin(), guest.vcpus().end(), Time{0},
                               [](Time sum, Vcpu const* vcpu) { return sum + vcpu->ran; });
    }

    void sample() {
        for (size_t i = 0; i < _guests.size(); ++i) {
            Guest& guest = _guests[i];
            Time const now = ran(guest);
            double const used = seconds(now - _ran[i]) / seconds(_run.sample);
            double const demand = _manager ? _manager->agent(i).demand() / double{POLICY_WHOLE}
                                           : guest.runnable_threads();
            _ran[i] = now;
            _result.guests[i].points.push_back(
                {used, demand, guest.online(),
                 _manager ? _manager->memory(i).allocated : guest.in_use(),
                 _host.weight(guest.domain())});
        }
        _events.after(_run.sample, [this] { sample(); });
    }

    void collect(size_t index) {
        Guest& guest = _guests[index];
        Guest_result& result = _result.guests[index];
        result.name = guest.plan().name;
        result.entitlement = entitlement(_scenario, guest.plan());
        result.used = seconds(ran(guest)) / seconds(_scenario.duration);
        for (Point const& point : result.points)
            result.online += point.online / static_cast<double>(result.points.size());
        std::vector<Time> wakeups, responses;
        for (Group const& group : guest.groups()) {
            result.useful += seconds(group.useful);
            result.spun += seconds(group.spun);
            if (group.load.kind == Kind::idle)
                continue;
            result.done += group.done;
            wakeups.insert(wakeups.end(), group.wakeups.begin(), group.wakeups.end());
            responses.insert(responses.end(), group.responses.begin(), group.responses.end());
        }
        result.wakeup_median = percentile(wakeups, 50);
        result.wakeup_p99 = percentile(wakeups, 99);
        result.response_p99 = percentile(responses, 99);
        if (_manager)
            result.tally = _manager->tally(index);
    }

    Scenario const& _scenario;
    Run const& _run;
    Events _events;
    Host _host;
    std::deque<Guest> _guests;
    std::unique_ptr<Manager> _manager;
    std::vector<Time> _ran;
    Result _result;
};

} // namespace

Guest_result const& Result::guest(std::string_view name) const {
    auto const found = std::ranges::find(guests, name, &Guest_result::name);
    if (found == guests.end())
        throw std::out_of_range{"no guest " + std::string{name}};
    return *found;
}

Result simulate(Scenario const& scenario, Run const& run, Recorder recorder) {
    return Machine{scenario, run, std::move(recorder)}.run();
}

std::string setup_name(Run const& run) {
    if (run.setup == Setup::cooperation)
        return std::string{policy_name(run.policy)};
    return run.setup == Setup::fixed ? "fixed" : "all";
}

std::optional<Run> find_setup(std::string_view name, Scenario const& scenario) {
    Run run;
    run.seed = scenario.seed;
    if (name == "fixed" || name == "all") {
        run.setup = name == "fixed" ? Setup::fixed : Setup::all;
        return run;
    }
    run.policy = scenario.policy;
    if (name == "scenario")
        return run;
    for (policy_kind each : {POLICY_STATIC, POLICY_PROPORTIONAL, POLICY_CHARACTERISTICS}) {
        run.policy = each;
        if (name == policy_name(each))
            return run;
    }
    return std::nullopt;
}

} // namespace lavandin::simulator
