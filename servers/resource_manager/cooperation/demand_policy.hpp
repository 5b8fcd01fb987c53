// SPDX-License-Identifier: MIT
// What the guest asks for, and when: the part of cooperation that is a matter of opinion. One that
// shall replace the default (steady_policy.hpp) derives from this and is named in main.cpp. It sees
// nothing of the protocol but answers, has no clock of its own, and cannot touch processors.
#pragma once

#include "demand.hpp"

#include <cooperation/message.h>
#include <optional>

namespace lavandin::resource_manager {

// How things stand. Times are of the protocol's clock.
struct Situation {
    uint64_t now;
    unsigned online;      // processors in use
    unsigned most;        // it can ever have in use
    uint32_t entitlement; // thousandths of a processor
    uint32_t stolen;      // part of the time that it wanted to run, lately, thousandths
    Demand demand;
    Load load;
};

// As in REQUEST.
struct Ask {
    uint16_t wanted;
    uint16_t least;
    coop_need need;
    uint64_t by;
    uint64_t until;
};

class Demand_policy {
public:
    // A session begins: nothing has been asked.
    virtual void begin() = 0;
    // After each look at the machine. Not called while a request waits for its answer.
    virtual std::optional<Ask> decide(Situation const& situation) = 0;
    virtual void answered(coop_answer const& answer, uint64_t now) = 0;
    // It may ask for more soon: the next look is not to wait for the next report.
    virtual bool hurries() const = 0;
    // How many it would have in use if an offer that it did not ask for were taken.
    virtual unsigned useful(Situation const& situation) const = 0;

protected:
    ~Demand_policy() = default;
};

} // namespace lavandin::resource_manager
