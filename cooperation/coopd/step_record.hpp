// SPDX-License-Identifier: MIT
// A step of the policy as a line of JSON, and back. Steps from coopd's start lead to the same
// actions again; with another policy or tuning one sees what that would have done.
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

// What goes in, without the policy's own memory.
std::string step_input(policy_state const& state);
// The whole line, with its newline.
std::string step_line(std::string const& input, policy_state const& state,
                      std::span<policy_action const> actions);

// One line read. Domains have no memory and no rules; `memory.known` is 0 for those that were new.
struct Step {
    policy_state state{};
    std::vector<policy_domain> domains;
    std::vector<uint32_t> pinned; // of each, by the operator's hand; 0: not
    std::vector<policy_action> actions;
};

Step read_step(std::string const& line);

} // namespace lavandin::coopd
