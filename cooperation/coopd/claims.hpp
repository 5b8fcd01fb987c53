// SPDX-License-Identifier: MIT
// Reports against what Xen measured, over a second at least: a guest that claims to have been busy
// longer than it ran, or to have left a processor alone that did run, contradicts itself. The
// bounds are wide, because the two are not read at the same moment; a claim within them gains
// nothing, as the policy believes measurements first.
#pragma once

#include "xen_side.hpp"

#include <cooperation/area.h>

namespace lavandin::coopd {

class Claims {
public:
    // Whether the newest report contradicts the facts.
    bool contradict(coop_report const& report, Domain_facts const& facts, Time now);
    void forget() { _since = 0; }

private:
    static constexpr Time window = second;
    static constexpr Time busy_slack = 100 * millisecond;
    static constexpr unsigned busy_part = 4;   // of what was measured, besides
    static constexpr unsigned parked_part = 2; // of the window, that a parked processor may run

    Time _since{0};
    uint64_t _claimed{0};
    uint64_t _measured{0};
    uint64_t _parked{0}; // in every report since
    std::array<uint64_t, 64> _ran{};
};

} // namespace lavandin::coopd
