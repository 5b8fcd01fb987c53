// SPDX-License-Identifier: MIT
// Runs the policy over a recording of what it saw (policy.jsonl), and compares what it decides with
// what was decided then.
#pragma once

#include <cooperation/policy/policy.h>

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

namespace lavandin::coopctl {

struct Difference {
    uint64_t line{0};
    uint64_t time{0};
    std::string then, now;
};

struct Replay {
    uint64_t steps{0};
    uint64_t actions{0};
    uint64_t different{0};               // steps
    std::vector<Difference> differences; // the first of them
};

// With another policy than the recorded one, where given. Throws coopd::Record_error.
Replay replay(std::istream& file, std::optional<policy_kind> kind, size_t most_differences);

} // namespace lavandin::coopctl
