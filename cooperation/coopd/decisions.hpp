// SPDX-License-Identifier: MIT
// Steps the policy over all domains of the pool, and carries out what it decides.
#pragma once

#include "conversation.hpp"
#include "ledger.hpp"
#include "recorder.hpp"

namespace lavandin::coopd {

class Decisions {
public:
    Decisions(Xen_side& xen, Settings const& settings, Ledger& ledger, Conversation& conversation,
              Recorder& recorder);

    // After the ledger has measured; `pace` is the time between steps. Where that is more than was
    // set, guests get more time, because it takes longer to see what they did.
    void step(Time now, Time pace);
    // Answers a domain's requests at once, by what the last step left over: after the ledger has
    // counted it, and without a look at any other. One that cannot be waits for the next step.
    void answer(Domain& domain, Time now);
    // Gives the host back as it was.
    void restore();

    policy_state const& state() const { return _state; }
    // Demand of all, in thousandths of what there is.
    uint32_t pressure() const { return _pressure; }
    void choose(policy_kind kind) { _state.kind = kind; }
    // The operator's hand: this many processors, or none of his business any more.
    void pin(Domain& domain, std::optional<uint32_t> processors);

private:
    void configure(Domain& domain);
    void carry_out(Domain& domain, policy_action const& action, Time now);
    void see_to_links(Time now);
    void read_rate_limit();

    Xen_side& _xen;
    Settings const& _settings;
    Ledger& _ledger;
    Conversation& _conversation;
    Recorder& _recorder;
    policy_state _state{};
    std::vector<policy_domain> _domains;
    std::vector<Domain*> _of; // of each in _domains
    std::vector<policy_action> _actions;
    uint32_t _pressure{0};
    std::optional<uint32_t> _operators_rate_limit;
};

} // namespace lavandin::coopd
