// SPDX-License-Identifier: MIT
// Xen's credit2 as far as it matters for who runs when; README.md says what is left out. Source of
// the rules and of the constants: xen/common/sched/credit2.c of Xen 4.17.
#pragma once

#include "events.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace lavandin::simulator {

class Host;

// What runs on a VCPU: the guest.
class Executor {
public:
    virtual ~Executor() = default;

    // It has a processor from now on, until `stopped`, or until it blocks of itself.
    virtual void started() = 0;
    virtual void stopped() = 0;
};

struct Vcpu {
    enum class State { offline, blocked, runnable, running };

    unsigned domain{0};
    unsigned number{0};
    Executor* executor{nullptr};
    State state{State::offline};
    unsigned cpu{0}; // where it runs, or ran last
    int64_t credit{0};
    Time entered{0};   // this state
    Time since{0};     // until when its times are accounted
    Time burned_at{0}; // until when its credit is accounted
    Time ran{0}, stolen{0}, awake{0};
};

// A stretch on a processor, for pictures.
struct Stretch {
    unsigned cpu, domain, vcpu;
    Time from, until;
};

class Host {
public:
    static constexpr Time credit_begin = 10 * millisecond; // CSCHED2_CREDIT_INIT, _MAX_TIMER
    static constexpr Time least_slice = 500 * microsecond; // CSCHED2_MIN_TIMER, _CARRYOVER_MAX
    static constexpr Time resistance = 500 * microsecond;  // sched_credit2_migrate_resist
    static constexpr Time tolerance = 50 * microsecond;    // CSCHED2_RATELIMIT_TICKLE_TOLERANCE
    static constexpr Time cap_period = 10 * millisecond;   // CSCHED2_BDGT_REPL_PERIOD

    Host(Events& events, unsigned processors, Time switch_cost)
        : _events{events}, _cpus(processors), _switch_cost{switch_cost} {}

    unsigned add_domain(unsigned weight, unsigned cap_percent);
    Vcpu& add_vcpu(unsigned domain, Executor* executor);

    void set_weight(unsigned domain, unsigned weight);
    void set_cap(unsigned domain, unsigned percent);
    void set_rate_limit(Time time) { _rate_limit = time; }
    Time rate_limit() const { return _rate_limit; }
    unsigned weight(unsigned domain) const { return _domains[domain].weight; }
    unsigned cap(unsigned domain) const { return _domains[domain].cap; }

    void bring_up(Vcpu& vcpu);  // it is blocked then
    void take_down(Vcpu& vcpu); // from blocked, or by itself while it runs
    void wake(Vcpu& vcpu);      // nothing happens when it is awake
    void block(Vcpu& vcpu);     // by itself, while it runs

    // Brings times up to now.
    void account(Vcpu& vcpu);
    Time switch_cost() const { return _switch_cost; }
    size_t processors() const { return _cpus.size(); }

    std::vector<Stretch> const& stretches() const { return _stretches; }
    void trace(Time from, Time until) { _trace_from = from, _trace_until = until; }

private:
    struct Domain {
        unsigned weight{256};
        unsigned cap{0};
        int64_t budget{0};    // nanoseconds, until the cap's period ends
        bool refilled{false}; // the timer is running
    };

    struct Cpu {
        Vcpu* current{nullptr};
        uint64_t timer{0}; // generation: older timers mean nothing
        bool asked{false}; // to schedule
    };

    void enter(Vcpu& vcpu, Vcpu::State state);
    void burn(Vcpu& vcpu);
    void tickle(Vcpu const& vcpu);
    void ask(unsigned cpu);
    void schedule(unsigned cpu);
    bool may_run(Vcpu const& vcpu) const;
    Vcpu* candidate(unsigned cpu);
    Time slice(unsigned cpu, Vcpu const& next);
    void run(unsigned cpu, Vcpu* next);
    void leave_cpu(Vcpu& vcpu);
    void reset_credits(Vcpu const& next);
    void refill(unsigned domain);
    void find_greatest_weight();
    Time to_time(int64_t credit, Vcpu const& vcpu) const;

    Events& _events;
    std::vector<Domain> _domains;
    std::deque<Vcpu> _vcpus; // addresses stay
    std::vector<Cpu> _cpus;
    Time _switch_cost;
    Time _rate_limit{millisecond}; // sched_ratelimit_us
    unsigned _greatest_weight{1};
    std::vector<Stretch> _stretches;
    Time _trace_from{0}, _trace_until{0};
};

} // namespace lavandin::simulator
