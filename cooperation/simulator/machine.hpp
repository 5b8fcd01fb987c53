// SPDX-License-Identifier: MIT
// A scenario run in one of the three set-ups that experiments compare.
#pragma once

#include "manager.hpp"

#include <optional>

namespace lavandin::simulator {

enum class Setup {
    fixed,       // each guest has its entitlement in VCPUs; stock weights
    all,         // all VCPUs are up; stock weights
    cooperation, // a policy
};

struct Run {
    Setup setup{Setup::cooperation};
    policy_kind policy{POLICY_PROPORTIONAL};
    uint64_t seed{1};
    Time sample{50 * millisecond};      // between points of the timeline
    Time trace_from{0}, trace_until{0}; // VCPUs on processors
};

// One point of a guest's timeline, in processors.
struct Point {
    double used, demand;
    unsigned online, allocated, weight;
};

struct Guest_result {
    std::string name;
    double entitlement{0}; // processors
    double used{0};        // processors, mean
    double online{0};      // mean
    double useful{0};      // seconds of processor time that was not spinning
    double spun{0};
    uint64_t done{0};                                        // of the first load that is not idle
    double wakeup_median{0}, wakeup_p99{0}, response_p99{0}; // microseconds
    Tally tally;
    std::vector<Point> points;
};

struct Result {
    std::string scenario, setup;
    uint64_t seed{0};
    double duration{0};
    unsigned processors{0};
    Time sample{0};
    std::vector<Guest_result> guests;
    std::vector<Stretch> stretches;
    std::vector<std::string> log;

    Guest_result const& guest(std::string_view name) const;
};

using Recorder = decltype(Manager::recorder);

Result simulate(Scenario const& scenario, Run const& run, Recorder recorder = {});

std::string setup_name(Run const& run);

// `fixed`, `all`, `static`, `proportional`, `characteristics`, `scenario` (its own policy).
std::optional<Run> find_setup(std::string_view name, Scenario const& scenario);

} // namespace lavandin::simulator
