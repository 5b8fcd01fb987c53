// SPDX-License-Identifier: MIT
// What a scenario file says. README.md describes the file; the rig's experiments use the same ones.
#pragma once

#include "events.hpp"

#include <cooperation/policy/rules.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lavandin::simulator {

enum class Kind { compute, barrier, lock, interactive, idle };

struct Load {
    Kind kind{Kind::compute};
    unsigned threads{1};
    Time from{0};
    Time until{0};        // 0: to the end
    Time every{0};        // 0: all the time; else in each such period
    Time on{0};           // for so long
    Time work{0};         // processor time between two barriers, outside a lock, or of a burst
    Time inside{0};       // with the lock held
    Time spin{0};         // before a thread that waits blocks
    bool adaptive{false}; // does not spin while another thread of the guest waits for a processor
    Time think{0};        // between bursts
    unsigned jitter{20};  // percent by which work and think vary
};

// What a guest does beside cooperating.
struct Behaviour {
    bool inflates{false}; // claims to need all processors, and asks for them
    bool refuses{false};  // every reclaim
    bool silent{false};   // never answers an offer or a reclaim
    bool floods{false};   // with requests
};

struct Guest_plan {
    std::string name;
    unsigned weight{256};
    unsigned vcpus{1}; // that exist
    unsigned minimum{1};
    unsigned cap{0};   // percent of one processor
    unsigned noise{0}; // percent by which reported demand is wrong
    uint32_t capabilities{0};
    Behaviour behaviour;
    std::vector<Load> loads;
    std::optional<policy_rules> rules;
};

struct Scenario {
    std::string name;
    std::string description;
    Time duration{0};
    uint64_t seed{1};
    unsigned processors{1};
    Time switch_cost{2 * microsecond};
    policy_kind policy{POLICY_PROPORTIONAL};
    Time interval{10 * millisecond}; // between steps of the policy
    Time report{10 * millisecond};   // between reports of a guest
    Time latency{100 * microsecond}; // of a message, each way
    bool count_moment{false};        // runnable VCPUs as seen at a moment, not their mean
    std::vector<Guest_plan> guests;
};

// `FILE:LINE:COLUMN: MESSAGE`
class Scenario_error : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

Scenario read_scenario(std::filesystem::path const& file);
Scenario parse_scenario(std::string_view text, std::string const& name,
                        std::filesystem::path const& folder = {});

// Processors by weight; and that in VCPUs, within the guest's bounds.
double entitlement(Scenario const& scenario, Guest_plan const& guest);
unsigned entitled_vcpus(Scenario const& scenario, Guest_plan const& guest);

std::string_view kind_name(Kind kind);
std::string_view policy_name(policy_kind policy);

} // namespace lavandin::simulator
