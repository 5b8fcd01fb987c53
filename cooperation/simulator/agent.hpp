// SPDX-License-Identifier: MIT
// The guest's side of the cooperation: reports, requests with hysteresis, answers. What Lavandin's
// resource manager does, as simply as it can be done; and what a guest does that cheats.
#pragma once

#include "guest.hpp"

#include <cooperation/policy/policy.h>

namespace lavandin::simulator {

// Messages to the VMM's side; the link between adds the latency.
class Manager_link {
public:
    virtual ~Manager_link() = default;

    virtual void report(policy_report const& report) = 0;
    virtual void request(policy_request const& request) = 0;
    virtual void release(unsigned processors) = 0;
    virtual void reply_offer(policy_reply reply) = 0;
    virtual void reply_reclaim(policy_reply reply) = 0;
};

class Agent {
public:
    Agent(Events& events, Guest& guest, Manager_link& link, Time interval, uint64_t seed);

    void start(unsigned allowed);
    void receive(policy_action const& action);

    unsigned demand() const { return _demand; }

private:
    static constexpr unsigned samples = 5; // of runnable threads in an interval
    static constexpr Time ask_after = 20 * millisecond;
    static constexpr Time release_after = 500 * millisecond;
    static constexpr Time pause = 100 * millisecond; // after a refusal
    static constexpr unsigned band = 250;            // parts
    static constexpr Time look_again = 100 * microsecond;

    void sample(unsigned number);
    void report();
    void estimate();
    void ask_or_release();
    void ask(unsigned wanted);
    void give_up(policy_action const& action);
    void done_when_settled(unsigned number);
    bool can(policy_capability what) const {
        return (_guest.plan().capabilities & uint32_t{what}) != 0;
    }

    Events& _events;
    Guest& _guest;
    Manager_link& _link;
    Time _interval;
    Random _random;
    unsigned _allowed{0};
    unsigned _sum{0};
    unsigned _demand{0};
    uint32_t _number{0};
    bool _asked{false};
    Time _more_since{0}, _less_since{0}, _quiet_until{0};
};

} // namespace lavandin::simulator
