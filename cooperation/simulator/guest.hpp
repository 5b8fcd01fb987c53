// SPDX-License-Identifier: MIT
// A guest OS: threads on VCPUs. One ready queue, interactive threads first, round robin. A VCPU
// that loses its processor keeps its thread, and the locks that it holds: the guest does not know.
#pragma once

#include "host.hpp"
#include "thread.hpp"

#include <deque>
#include <memory>

namespace lavandin::simulator {

class Guest {
public:
    Guest(Events& events, Host& host, Guest_plan const& plan, uint64_t seed, Time end);

    // VCPUs 0 to number - 1 in use, others given up as soon as they can be.
    void use(unsigned number);
    unsigned in_use() const { return _wanted; }
    unsigned online() const;
    bool settled() const; // no VCPU is still to be given up

    unsigned domain() const { return _domain; }
    Guest_plan const& plan() const { return _plan; }
    std::deque<Group> const& groups() const { return _groups; }
    unsigned runnable_threads() const;
    std::vector<Vcpu*> const& vcpus() const { return _handles; }
    void account();

    // Kind of load by what is active; the guest's own classification is not simulated.
    policy_load load() const;

private:
    class Processor : public Executor {
    public:
        Processor(Guest& guest) : _guest{guest} {}

        void started() override { _guest.started(*this); }
        void stopped() override { _guest.stopped(*this); }

        Vcpu* vcpu{nullptr};
        Thread* thread{nullptr};
        Time began{0}; // until when the thread's progress is accounted
        Time slice_end{0};
        uint64_t plan{0}; // generation
        bool leaving{false};

    private:
        Guest& _guest;
    };

    static constexpr Time slice = 10 * millisecond;

    void started(Processor& processor);
    void stopped(Processor& processor);
    void take_next(Processor& processor);
    void progress(Processor& processor);
    void plan_event(Processor& processor);
    void event(Processor& processor);
    void leave(Processor& processor);
    void drop_thread(Processor& processor);

    void make_ready(Thread& thread, bool front = false);
    void find_processor(Thread const& thread);
    Processor* processor_of(Thread const& thread);

    // loads.cpp: what a thread does next. True while it goes on without giving up its processor.
    bool next(Thread& thread);
    bool at_barrier(Thread& thread);
    bool at_lock(Thread& thread);
    void unlock(Thread& thread);
    bool sleep(Thread& thread);
    Time spin(Group const& group) const {
        return group.load.adaptive && !_ready.empty() ? 0 : group.load.spin;
    }
    void proceed(Thread& thread, Thread::Step step, Time time);
    void begin(Group& group);
    void end(Group& group);
    void window(Group& group, Time from);
    Time vary(Group const& group, Time time) {
        return std::max<Time>(_random.around(time, group.load.jitter), 1);
    }

    Events& _events;
    Host& _host;
    Guest_plan const& _plan;
    Random _random;
    Time _end;
    unsigned _domain;
    unsigned _wanted{0};
    std::deque<Processor> _processors;
    std::vector<Vcpu*> _handles;
    std::deque<Thread> _threads;
    std::deque<Group> _groups;
    std::deque<Thread*> _ready;
};

} // namespace lavandin::simulator
