// SPDX-License-Identifier: MIT
// The threads of one kind, and what they count.
#pragma once

#include "barrier.hpp"
#include "histogram.hpp"
#include "pace.hpp"
#include "plan.hpp"

#include <lavandin/abi/result.hpp>
#include <lavandin/thread.hpp>

namespace load {

class Group {
public:
    // `queues`: for threads that look who else waits; used until they have ended.
    void initialise(Group_plan const& plan, Pace pace, unsigned number, Run_queues const& queues);
    // Makes the threads. When it returns each is where it is to run, and waits.
    lavandin::abi::Result<void> start();
    // They run from `begin` on, and have ended soon after `end`; nanoseconds of the clock.
    void go(uint64_t begin, uint64_t end);
    void join();

    Group_plan const& plan() const { return _plan; }
    uint64_t done() const;   // chunks, barriers, sections or bursts
    uint64_t spun() const;   // nanoseconds, of all threads
    uint64_t wanted() const; // nanoseconds that threads did not sleep or block for, until now
    Histogram const& wakes() const { return _wakes; }
    Histogram const& responses() const { return _responses; }

private:
    struct Worker {
        Group* group{nullptr};
        unsigned number{0};
        lavandin::Thread thread;
        std::atomic<uint64_t> done{0};
        std::atomic<uint64_t> spun{0};
        std::atomic<uint64_t> wanted{0}; // up to when it last ceased to want
        std::atomic<uint64_t> since{0};  // when it began to; 0: it does not
    };

    static void run(void* worker);
    void wait_for_go();
    void run(Worker& worker);
    bool next_window(uint64_t number, uint64_t& begin, uint64_t& end) const;
    void work(Worker& worker, Random& random, uint64_t number, uint64_t end);
    bool meet(Worker& worker, uint64_t number);
    void section(Worker& worker, Random& random);
    void burst(Worker& worker, Random& random, uint64_t end);
    static void wants(Worker& worker, bool does);

    Group_plan _plan;
    Spin _spin;
    Pace _pace;
    unsigned _number{0};
    unsigned _waiting{0};
    lavandin::Mutex _gate;
    lavandin::Condition _gate_changed;
    uint64_t _begin{0};
    uint64_t _end{0}; // 0: not yet
    Worker _workers[Plan::most_threads];
    Barrier _barrier;
    lavandin::Mutex _lock;
    Histogram _wakes, _responses;
};

} // namespace load
