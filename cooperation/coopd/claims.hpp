// SPDX-License-Identifier: MIT
// Reports against what Xen measured, over a second at least: a guest that claims to have been busy
// longer than it ran, or to have left a processor alone that did run, contradicts itself.
//
// A report and a measurement are not of the same moment, and dom0 may not run for long between the
// two. So no time is compared, but only what is known to come before what: a report that is new at
// a look was written after the look before, and before the next one.
//
//     measured   M0    M1    M2    M3  ...  Mn    Mn+1
//     written       R1    R2    R3     ...     Rn
//
// From R1 to Rn a guest cannot have been busy for longer than it ran from M0 to Mn+1; and what it
// kept parked cannot have run from M1 to Mn. What bounds leave besides is for rounding; a claim
// within them gains nothing, as the policy believes measurements first.
#pragma once

#include "xen_side.hpp"

#include <cooperation/area.h>

namespace lavandin::coopd {

class Claims {
public:
    // At each look: what was measured, and then the newest report. Whether the reports so far
    // contradict that.
    bool contradict(coop_report const& report, Domain_facts const& facts, Time now);
    void forget() { *this = {}; }
    // When the newest report was first seen.
    Time seen() const { return _seen; }

private:
    static constexpr Time window = second;
    static constexpr Time busy_slack = 100 * millisecond;
    static constexpr unsigned busy_part = 4;   // of what was measured, besides
    static constexpr unsigned parked_part = 2; // of the time, that a parked processor may run
    // Between two reports that are further apart a processor may have been used and parked again.
    static constexpr Time longest_gap = 250 * millisecond;

    struct Measurement {
        Time at{0}; // 0: none
        uint64_t all{0};
        std::array<uint64_t, 64> each{};
    };
    struct Claim {
        uint64_t busy{0};
        uint64_t parked{0};
        Measurement before; // the last one that was made before it was written
    };

    static Measurement measurement(Domain_facts const& facts, Time now);
    void take(coop_report const& report, Time now);
    void begin(Measurement const& measured);
    bool wrong(Measurement const& measured) const;

    Measurement _previous; // of the last look
    uint64_t _number{0};   // of the newest report
    Time _seen{0};         // when that was new
    Claim _newest;
    // The window: its first report, the first measurement after that, and since then.
    Time _since{0}; // 0: none has begun
    Claim _first;
    Measurement _after;
    uint64_t _parked{0}; // in every report
};

} // namespace lavandin::coopd
