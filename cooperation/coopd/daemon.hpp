// SPDX-License-Identifier: MIT
// All of coopd but the descriptors it waits for: one turn per wake-up.
//
// Whatever domains do, a turn looks at each edge and each event once, at each domain's messages
// within the protocol's rate, and steps the policy no more often than Settings say. The policy
// looks at an interval that varies by half, so that no guest can tell when its VCPUs are counted.
// A request is answered at once, by a count of the one domain that asked and by what the last look
// found of all others. What else matters to others (a session, processors given back) makes the
// policy look at once, unless that has just been done. Where looking takes long (many VCPUs, a busy
// dom0) it looks less often, and gives guests more time, so that a fifth of one processor is the
// most that it uses by itself, and another fifth for what domains ask for.
#pragma once

#include "decisions.hpp"
#include "finder.hpp"

#include <random>

namespace lavandin::coopd {

struct Counts {
    uint64_t turns{0};
    uint64_t edges{0};
    uint64_t steps{0};
    uint64_t answers{0}; // between steps
    uint64_t reports{0};
};

class Daemon {
public:
    Daemon(Xen_side& xen, Settings const& settings, uint64_t seed);

    // Does what is due. Returns when it is to be called again, if nothing happens before.
    Time turn();
    // Leaves all domains in good order, and gives back weights as they were.
    void leave();

    Ledger& ledger() { return _ledger; }
    Ledger const& ledger() const { return _ledger; }
    Decisions& decisions() { return _decisions; }
    Decisions const& decisions() const { return _decisions; }
    Settings const& settings() const { return _settings; }
    Counts const& counts() const { return _counts; }
    Time now() const { return _now; }

private:
    static constexpr Time closest = 2 * millisecond; // looks that are wanted
    static constexpr unsigned most_edges = 4096;     // in a turn
    static constexpr Time idle_part = 4; // of what a look takes, that passes until the next one
    static constexpr Time longest_rest = 500 * millisecond; // whatever it took

    void take_edges();
    void serve();
    void answer();
    void look(bool due);
    void flush();
    Time next() const;
    static Time share_of(Time took);

    Xen_side& _xen;
    Settings const& _settings;
    Recorder _recorder;
    Ledger _ledger;
    Finder _finder;
    Conversation _conversation;
    Decisions _decisions;
    std::mt19937_64 _random;
    Counts _counts;
    Time _now{0};
    Time _next_look{0};
    Time _pace{0};       // between looks: the interval, or what a slow host makes of it
    Time _next_asked{0}; // a look for a domain, no sooner
    Time _rested{0};     // anything for a domain, no sooner
    Time _next_idle_look{0};
    bool _wanted{false}; // a look, by a domain
    bool _asked{false};  // a request waits for its answer
    bool _changed{true}; // domains came or went
};

} // namespace lavandin::coopd
