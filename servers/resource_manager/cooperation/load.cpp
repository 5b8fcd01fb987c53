// SPDX-License-Identifier: MIT
// How classes are told apart, by what the threads of one process do in a window of time:
//
//   thread     runs or is ready   wakes up    what it does
//   ---------  -----------------  ----------  -----------------------------------------------
//   computes   nearly always      rarely
//   meets      often              often       together with others of its process, equally often
//   is kept    little, and one    often       one after the other: somebody always runs, but
//              at a time                      hardly ever more than one
//   bursts     little             rarely, or  waits for people; often and for devices, if bursts
//                                 often       are short
//
// A barrier at which threads spin until all are there looks like computing, because it is.
#include "load.hpp"

#include <algorithm>

namespace lavandin::resource_manager {

namespace {

// Tuned by the loads of load_samples.hpp that are for tuning; the test judges by others.
constexpr double computes_at_least = 0.85; // of the time, running or ready
constexpr double computes_wakes = 40;      // per second, at most
constexpr double meets_wakes = 20;         // per second, at least
constexpr double meets_active = 0.04;
constexpr double alike = 0.2;           // the rarest waker by the most frequent one
constexpr double kept_waiting = 0.35;   // of the time, on the average
constexpr double one_at_a_time = 2.2;   // threads that are active, together
constexpr double somebody_always = 0.8; // of the time
constexpr double nothing = 0.03;        // of a processor
constexpr double nothing_wakes = 150;   // per second, our own among them
constexpr double device_wakes = 400;    // per second
constexpr double device_burst = 500e-6; // seconds
constexpr double full = 0.9;            // of the processors in use

struct Activity {
    uint64_t process;
    double run;    // parts of the time
    double active; // runs or is ready
    double wakes;  // per second
};

struct Threads {
    std::array<Activity, most_threads> all;
    unsigned count{0};
};

double part(uint64_t after, uint64_t before, double passed) {
    return after > before ? static_cast<double>(after - before) / passed : 0;
}

// Threads that began or ended in between are left out.
Threads compare(Observation const& before, Observation const& after) {
    Threads threads;
    for (unsigned i = 0; i < after.thread_count; ++i) {
        auto const& now = after.threads[i];
        auto const* const end = before.threads.data() + before.thread_count;
        auto const* const then = std::find_if(before.threads.data(), end, [&](auto const& each) {
            return each.identifier == now.identifier;
        });
        double const lived = then != end ? static_cast<double>(now.all() - then->all()) : 0;
        if (lived <= 0)
            continue;
        threads.all[threads.count++] = {now.process, part(now.ran(), then->ran(), lived),
                                        1 - part(now.waited(), then->waited(), lived),
                                        part(now.wake_ups, then->wake_ups, lived) * 1e9};
    }
    return threads;
}

bool computes(Activity const& thread) {
    return thread.active >= computes_at_least && thread.wakes <= computes_wakes;
}

bool meets(Activity const& thread) {
    return !computes(thread) && thread.active >= meets_active && thread.wakes >= meets_wakes;
}

// Those of one process that wake each other.
struct Group {
    unsigned count{0};
    double active{0};
    double run{0};
    double wakes_least{1e9};
    double wakes_most{0};

    double waiting() const { return 1 - active / count; }
    bool real() const {
        return count >= 2 && active >= somebody_always && wakes_least >= alike * wakes_most;
    }
    bool kept() const { return waiting() > kept_waiting && active <= one_at_a_time; }
};

Group group_of(Threads const& threads, uint64_t process) {
    Group group;
    for (unsigned i = 0; i < threads.count; ++i) {
        auto const& thread = threads.all[i];
        if (thread.process != process || !meets(thread))
            continue;
        ++group.count;
        group.active += thread.active;
        group.run += thread.run;
        group.wakes_least = std::min(group.wakes_least, thread.wakes);
        group.wakes_most = std::max(group.wakes_most, thread.wakes);
    }
    return group;
}

Group largest_group(Threads const& threads) {
    Group largest;
    for (unsigned i = 0; i < threads.count; ++i) {
        Group const group = group_of(threads, threads.all[i].process);
        if (group.real() && group.run > largest.run)
            largest = group;
    }
    return largest;
}

// Of the machine as a whole.
struct Machine {
    double busy{0}; // processors
    double wakes{0};
    double waiting{0}; // threads in queues
    double online{0};
    uint64_t histogram[abi::Processor_counts::latencies]{};
};

Machine machine(Observation const& before, Observation const& after) {
    Machine all;
    double const passed = static_cast<double>(after.time - before.time);
    for (unsigned number = 0; number < after.processor_count; ++number) {
        auto const& now = after.processors[number];
        auto const& then = before.processors[number];
        all.busy += part(now.busy, then.busy, passed);
        all.wakes += part(now.wake_ups, then.wake_ups, passed) * 1e9;
        all.waiting += static_cast<double>(now.ready + then.ready) / 2;
        all.online += now.state == abi::Processor_state::online ? 1 : 0;
        for (unsigned i = 0; i < abi::Processor_counts::latencies; ++i)
            all.histogram[i] += now.histogram[i] - std::min(now.histogram[i], then.histogram[i]);
    }
    return all;
}

// The upper end of the class of latencies in which it lies, in microseconds.
uint32_t percentile_99(Machine const& all) {
    uint64_t sum = 0;
    for (uint64_t const each : all.histogram)
        sum += each;
    uint64_t above = sum / 100; // this many may be longer
    for (unsigned i = abi::Processor_counts::latencies; sum != 0 && i-- > 0;) {
        if (all.histogram[i] > above)
            return static_cast<uint32_t>((uint64_t{1} << i) / 1000);
        above -= all.histogram[i];
    }
    return 0;
}

coop_load kind_of(Machine const& all, Threads const& threads, Group const& group) {
    double computing = 0, bursting = 0, ready = 0;
    for (unsigned i = 0; i < threads.count; ++i) {
        auto const& thread = threads.all[i];
        (computes(thread) ? computing : bursting) += thread.run;
        ready += thread.active - thread.run;
    }
    bursting = std::max(0.0, bursting - group.run);
    if (all.busy < nothing && all.wakes < nothing_wakes)
        return COOP_LOAD_IDLE;
    int const kinds = (computing > 0.1) + (group.run > 0.1) + (bursting > 0.1);
    bool const overfull = all.busy >= full * all.online && ready >= all.online;
    if (overfull && kinds >= 2)
        return COOP_LOAD_SATURATED;
    if (computing > 0 && computing >= group.run)
        return COOP_LOAD_THROUGHPUT;
    if (group.count != 0)
        return group.kept() ? COOP_LOAD_LOCKS : COOP_LOAD_PARALLEL;
    bool const short_bursts = all.busy < device_burst * all.wakes;
    return short_bursts && all.wakes >= device_wakes ? COOP_LOAD_IO : COOP_LOAD_INTERACTIVE;
}

} // namespace

Load classify(Observation const& before, Observation const& after) {
    Load load;
    if (after.time <= before.time)
        return load;
    Threads const threads = compare(before, after);
    Group const group = largest_group(threads);
    Machine const all = machine(before, after);
    load.kind = kind_of(all, threads, group);
    load.wake_latency = percentile_99(all);
    bool const kept = group.count != 0 && group.kept();
    load.group = kept ? 0 : group.count;
    load.lock_wait = kept ? static_cast<uint32_t>(group.waiting() * 1000) : 0;
    for (unsigned i = 0; i < threads.count; ++i) {
        auto const& thread = threads.all[i];
        load.computing += computes(thread) ? 1u : 0u;
        load.interactive += !computes(thread) && !meets(thread) ? 1u : 0u;
        load.at_once += thread.active;
    }
    return load;
}

Load const& Classifier::add(Load const& seen) {
    bool const news = seen.kind != _said.kind;
    _times = news && seen.kind == _candidate ? _times + 1 : 1;
    _candidate = seen.kind;
    bool const keep = news && _times < needed && _said.kind != COOP_LOAD_UNKNOWN;
    coop_load const kind = keep ? _said.kind : seen.kind;
    _said = seen;
    _said.kind = kind;
    return _said;
}

} // namespace lavandin::resource_manager
