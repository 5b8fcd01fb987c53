// SPDX-License-Identifier: MIT
// All domains of the machine: who came, who went, what Xen counted of each since the last look, and
// the weights and caps in force.
//
// The operator's weights and caps are kept below the domains' homes in the store, because what Xen
// has is what coopd made of them: a coopd that starts anew finds them there, and one that ends puts
// them back. A weight in Xen that is not the one last set is the operator's new word.
#pragma once

#include "domain.hpp"

#include <memory>
#include <random>
#include <vector>

namespace lavandin::coopd {

class Ledger {
public:
    using Domains = std::vector<std::unique_ptr<Domain>>;

    Ledger(Xen_side& xen, Settings const& settings);

    Domains& domains() { return _domains; }
    Domains const& domains() const { return _domains; }
    Domain* find(Domain_number number);
    Domain* find(std::string_view name_or_number);

    // Looks at Xen. Domains that are gone are marked, and stay until forget(). Answers when Xen
    // counted: dom0 need not have gone on running at `now`, nor afterwards.
    Time look(Time now);
    // Measures all since the last call, into their policy_domain.
    void measure(Time now);
    // Counts one domain's VCPUs as they are now, and measures nothing: it chose the moment.
    void count(Domain& domain, Time now);
    void forget();
    void check_weights();
    void read_processors(Domain& domain);
    uint32_t processors() const { return _processors; }

    void set_weight(Domain& domain, Weight weight);
    // Gives everything back as the operator had it.
    void restore();

private:
    void appear(Domain_facts& facts, Time now);
    void adopt(Domain& domain);
    Time passed(Time now) const;
    void measure(Domain& domain, Time now);
    void remember(Domain& domain);

    Xen_side& _xen;
    Settings const& _settings;
    Domains _domains; // ascending
    std::vector<Domain_facts> _facts;
    uint32_t _processors{1};
    Time _measured_at{0};
    Time _weights_at{0};
};

} // namespace lavandin::coopd
