// SPDX-License-Identifier: MIT
// All of coopd but the descriptors it waits for: one turn per wake-up.
//
// Whatever domains do, a turn looks at each edge and each event once, at each domain's messages
// within the protocol's rate, and steps the policy no more often than Settings say. The policy
// looks at an interval that varies by half, so that no guest can tell when its VCPUs are counted; a
// request makes it look at once, unless another has just done so. Where looking takes long (many
// VCPUs, a busy dom0) it looks less often, and gives guests more time, so that a fifth of one
// processor is the most that it uses by itself, and another fifth for requests.
#pragma once

#include "decisions.hpp"
#include "finder.hpp"

#include <random>

namespace lavandin::coopd {

struct Counts {
    uint64_t turns{0};
    uint64_t edges{0};
    uint64_t steps{0};
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
    static constexpr Time closest = 2 * millisecond; // looks that are asked for
    static constexpr unsigned most_edges = 4096;     // in a turn
    static constexpr Time idle_part = 4; // of what a look takes, that passes until the next one

    void take_edges();
    void serve();
    void look(bool due);
    void flush();
    Time next() const;

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
    Time _next_asked{0}; // at a domain's request, no sooner
    Time _next_idle_look{0};
    bool _wanted{false}; // a step, by a domain
    bool _changed{true}; // domains came or went
};

} // namespace lavandin::coopd
