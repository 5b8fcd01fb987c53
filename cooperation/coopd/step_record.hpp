// SPDX-License-Identifier: MIT
// A step of the policy as a line of JSON, and back; or an answer between two steps, which has the
// domain that asked alone. Lines from coopd's start lead to the same actions again; with another
// policy or tuning one sees what that would have done.
#pragma once

#include <cooperation/policy/policy.h>

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace lavandin::coopd {

class Record_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// With its newline. The state is what went in; the policy's own memory is left out.
std::string step_line(policy_state const& state, std::span<policy_action const> actions,
                      bool answer);

// One line read. Domains have no memory and no rules; `memory.known` is 0 for those that were new.
struct Step {
    policy_state state{};
    std::vector<policy_domain> domains;
    std::vector<uint32_t> pinned; // of each, by the operator's hand; 0: not
    std::vector<policy_action> actions;
    bool answer{false};
};

Step read_step(std::string const& line);

} // namespace lavandin::coopd
