// SPDX-License-Identifier: MIT
// The words that rules may use.
#pragma once

#include <cooperation/policy/rules.h>

#include <optional>
#include <string_view>

namespace lavandin::rules {

struct Word {
    std::string_view name;
    policy_rule_word number;
    bool percent; // without [n]: percent of one processor's time in the last interval
};

// Words of the processors and of the domain. `cpustat.` in front asks for the counter itself.
std::optional<Word> find_word(std::string_view name);

// What cpuplugd knows of memory. Accepted, so that its files can be used; not evaluated yet.
bool memory_word(std::string_view name);

} // namespace lavandin::rules
