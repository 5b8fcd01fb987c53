// SPDX-License-Identifier: MIT
// Finds domains that take part, by the store, and connects to them.
//
//     absent --state is `ready`--> open        pages mapped, channel bound
//       ^ ^                    \-> unusable    what the keys name cannot be used
//       | +--- any other state ---/   |
//       +--- any other state, other keys, the guest's side closed, domain ended --- open
//
// A guest can write its state as often as it likes. Of each domain one event of the watch is taken
// per pause between connections; one more, and the watch is taken away until the pause is over.
#pragma once

#include "ledger.hpp"

namespace lavandin::coopd {

class Finder {
public:
    using Recorder = std::function<void(coop_record const&)>;

    Finder(Xen_side& xen, Settings const& settings, Ledger& ledger, Recorder recorder);

    // Takes the store's events; true if domains came or went.
    bool take_events(Time now);
    // Looks where it is time to look; closes links of domains that left.
    void tend(Time now);
    // When there is something to look at.
    Time next() const;
    // Of a domain that is gone, or ends.
    void close(Domain& domain, Time now);

private:
    void tend(Domain& domain, Time now);
    void look(Domain& domain, Time now);
    void open(Domain& domain, Keys const& keys, Time now);
    void refuse(Domain& domain, std::string why);
    std::optional<Keys> read_keys(Domain const& domain, std::string& why);
    coop_vmm_config config(Domain const& domain) const;
    void arm(Domain& domain);

    Xen_side& _xen;
    Settings const& _settings;
    Ledger& _ledger;
    Recorder _recorder;
};

} // namespace lavandin::coopd
