// SPDX-License-Identifier: MIT
// The policy's numbers in words, for people.
#pragma once

#include "events.hpp"

#include <cooperation/policy/policy.h>

#include <string>
#include <string_view>

namespace lavandin::simulator {

std::string_view answer_word(uint32_t answer);
std::string_view reason_words(uint32_t reason);

// `1.234 busy: request 3 granted, 2 processors (others do not need them)`
std::string sentence(policy_action const& action, Time now, std::string_view guest);

} // namespace lavandin::simulator
