// SPDX-License-Identifier: MIT
// Rules that operators write, from text to what the policy evaluates (../rules.h). The file format
// is that of s390's cpuplugd.conf, with more words and operators; README.md describes it.
#pragma once

#include <cooperation/policy/rules.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lavandin::rules {

struct Fault {
    unsigned line{0};   // from 1
    unsigned column{0}; // from 1, of the line
    std::string message;

    // `FILE:LINE:COLUMN: MESSAGE`
    std::string text(std::string_view file) const;
};

struct Parsed {
    policy_rules rules{};
    std::optional<Fault> fault;        // the rules are of no use when there is one
    std::vector<std::string> warnings; // `LINE: ...`: what is accepted and does nothing
};

Parsed parse(std::string_view text);

} // namespace lavandin::rules
