// SPDX-License-Identifier: MIT
// A thread of a simulated guest, and what threads of one load share.
#pragma once

#include "random.hpp"
#include "scenario.hpp"

#include <vector>

namespace lavandin::simulator {

struct Thread {
    enum class State { ended, ready, running, sleeping, waiting };
    enum class Step { working, spinning, holding };

    struct Group* group{nullptr};
    State state{State::ended};
    Step step{Step::working};
    Time left{0};      // processor time until something happens
    Time woken{0};     // when it last became ready after a sleep
    bool first{false}; // it has not run since
    uint64_t life{0};  // generation: older alarms mean nothing

    bool interactive() const;
};

// The threads of one load: a barrier or a lock between them, and what they have done.
struct Group {
    Load load;
    std::vector<Thread*> threads;
    bool active{false};
    unsigned arrived{0};
    Thread* holder{nullptr};
    uint64_t done{0}; // barriers passed, sections left, bursts answered
    Time useful{0};   // processor time that was not spinning
    Time spun{0};
    std::vector<Time> wakeups;   // from wake to running
    std::vector<Time> responses; // from wake to the end of the burst
};

inline bool Thread::interactive() const {
    return group->load.kind == Kind::interactive || group->load.kind == Kind::idle;
}

} // namespace lavandin::simulator
