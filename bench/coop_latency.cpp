// SPDX-License-Identifier: MIT
// How long it takes from asking for a processor to the first thread on it, by way of the VMM side:
//
//   asks -> REQUEST is written -> VMM side wakes -> has decided -> offer is seen -> processor is in
//   use -> this thread runs on it
//
// The thread sleeps while it waits, so that on a single physical processor nothing of ours keeps
// the others from running.
#include "coop.hpp"
#include "measure.hpp"

#include <cooperation/reasons.h>
#include <lavandin/clock.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/resource_manager_client.hpp>

#include <array>
#include <stdio.h>

using namespace lavandin;

namespace bench {

namespace {

using resource_manager_protocol::Connection;

constexpr uint64_t only_second = 2;
constexpr uint64_t look_again = 10 * microsecond;
constexpr uint64_t pause = 60 * millisecond; // so that no rate of messages is met
constexpr uint64_t patience = second;

constexpr std::array stages{"request written", "coopd woken",  "answered",
                            "offer seen",      "processor up", "thread runs"};

// How a processor is away in between: parked for a short time, stopped for a long one.
struct Absence {
    char const* name;
    uint64_t duration;
};
constexpr std::array absences{Absence{"parked", 500 * millisecond}, Absence{"stopped", 2 * second}};

class Series {
public:
    void begin(char const* name) {
        _name = name;
        _count = 0;
    }
    void add(std::array<uint64_t, stages.size() + 1> const& moments) {
        for (size_t i = 0; i < stages.size(); ++i)
            _parts[i][_count] = moments[i + 1] - moments[i];
        _all[_count++] = moments.back() - moments.front();
    }
    void print() {
        for (size_t i = 0; i < stages.size(); ++i)
            print_one(stages[i], _parts[i].data());
        print_one("all", _all.data());
    }

private:
    using Samples = std::array<uint64_t, most_rounds>;

    void print_one(char const* what, uint64_t* samples) const {
        std::array<char, 64> name{};
        snprintf(name.data(), name.size(), "%s: %s", _name, what);
        print_figure(name.data(), "nanoseconds", samples, _count);
    }

    char const* _name{nullptr};
    unsigned _count{0};
    std::array<Samples, stages.size()> _parts{};
    Samples _all{};
};

Series series; // large for a stack

Result<void> wait_for_session(Resource_manager_client const& resources) {
    uint64_t const deadline = after(60 * second);
    while (TRY(resources.cooperation()).connection != static_cast<uint64_t>(Connection::joined)) {
        if (now() > deadline)
            return Error::timed_out;
        sleep_for(100 * millisecond);
    }
    return {};
}

Result<void> run_on_second() {
    uint64_t const deadline = after(patience);
    while (!thread_set_affinity(0, only_second).ok()) {
        if (now() > deadline)
            return Error::timed_out;
        sleep_for(look_again);
    }
    return {};
}

// From one processor to two.
Result<void> measure_once(Resource_manager_client const& resources) {
    uint64_t const begin = now();
    auto const asked = TRY(resources.request(2, patience));
    if (asked.error != 0 || asked.outcome != COOP_GRANTED)
        return Error::refused;
    TRY_VOID(run_on_second());
    uint64_t const end = now();
    auto const state = TRY(resources.cooperation());
    series.add({begin, state.asked_at, state.judged_at, state.decided_at, state.offered_at,
                state.moved_at, end});
    return thread_set_affinity(0, any_processor);
}

Result<void> give_one(Resource_manager_client const& resources, Absence const& absence) {
    auto const given = TRY(resources.give(1, absence.duration));
    if (given.error != 0 || given.processors != 1)
        return Error::refused;
    sleep_for(pause);
    return {};
}

} // namespace

Result<void> measure_latency(unsigned rounds) {
    Resource_manager_client const resources;
    TRY_VOID(wait_for_session(resources));
    series.begin("first start");
    TRY_VOID(measure_once(resources)); // makes the processor, and is not counted
    for (Absence const& absence : absences) {
        series.begin(absence.name);
        for (unsigned i = 0; i < rounds; ++i) {
            TRY_VOID(give_one(resources, absence));
            TRY_VOID(measure_once(resources));
        }
        series.print();
    }
    return {};
}

} // namespace bench
