// SPDX-License-Identifier: MIT
// What domains say, for the policy; and what the policy decides, for the domains.
#pragma once

#include "domain.hpp"

namespace lavandin::coopd {

class Conversation {
public:
    // A reclaim's deadline is that many paces before the policy's own, so that there is time to see
    // that it was obeyed.
    static constexpr Time margin_paces = 2;

    explicit Conversation(Settings const& settings)
        : _settings{settings}, _pace{settings.interval} {}

    void pace(Time pace) { _pace = pace; }

    // Something happened on the domain's link. True if the policy should look at all at once: a
    // session, or processors that others may be waiting for. Requests are answered without that.
    bool hear(Domain& domain, coop_vmm_event const& event, Time now);
    // The newest report, into the policy's hands unless it cannot be believed.
    void read_report(Domain& domain, Time now);
    // Carries out an answer, offer, reclaim or withdrawal.
    void say(Domain& domain, policy_action const& action, Time now);
    // Sends a reclaim again that the policy waits for and the guest does not know of; ends what the
    // policy has ended.
    void agree(Domain& domain, Time now);

    coop_allocation allocation(Domain const& domain, uint32_t pressure) const;

private:
    void begin(Domain& domain, coop_vmm_event const& event);
    void offer_replied(Domain& domain, coop_vmm_event const& event);
    void reclaim_replied(Domain& domain, coop_vmm_event const& event);
    void learn(Domain& domain, uint64_t online, Time now);
    void answer(Domain& domain, policy_action const& action, Time now);
    bool offer(Domain& domain, uint32_t processors, Time deadline, uint32_t number,
               coop_reason reason, uint32_t regarding, Time now);
    bool reclaim(Domain& domain, uint32_t processors, Time deadline, coop_reason reason, Time now);

    Time margin() const { return margin_paces * _pace; }

    Settings const& _settings;
    Time _pace;
};

} // namespace lavandin::coopd
