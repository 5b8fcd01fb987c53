// SPDX-License-Identifier: MIT
// What the protocol's messages are for the policy, and the other way round.
#pragma once

#include <cooperation/area.h>
#include <cooperation/message.h>
#include <cooperation/policy/policy.h>
#include <cooperation/reasons.h>

namespace lavandin::coopd {

policy_report to_policy(coop_report const& report, uint64_t now);
policy_request to_policy(coop_message const& request);
uint32_t to_policy_capabilities(uint32_t capabilities);

coop_reason to_reason(uint32_t policy_reason);
coop_answer to_answer(policy_action const& action, uint64_t now);

// An OFFER or RECLAIM of `count` of these processors.
coop_transfer to_transfer(uint64_t processors, unsigned count, uint64_t deadline,
                          coop_reason reason);

} // namespace lavandin::coopd
