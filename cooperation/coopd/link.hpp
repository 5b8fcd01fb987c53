// SPDX-License-Identifier: MIT
// The connection to one domain: its two pages, its event channel, and the protocol on them. Goes
// with its resources, whatever the domain does.
//
// What a domain can make coopd do is bounded. Messages are taken at the protocol's rate; an edge is
// unmasked no sooner than the next message may be taken, and edges have a rate of their own, so
// that a storm of edges without messages wakes nobody more often than that.
#pragma once

#include "xen_side.hpp"

#include <cooperation/reasons.h>
#include <cooperation/stock_vmm.h>
#include <cooperation/types.h>

#include <functional>
#include <memory>
#include <string>

namespace lavandin::coopd {

// What a guest wrote for the VMM side to find it.
struct Keys {
    Grant guest_page{0};
    Grant vmm_page{0};
    Port port{0};
    bool operator==(Keys const&) const = default;
};

class Link {
public:
    using Handler = std::function<void(coop_vmm_event const&)>;
    using Recorder = std::function<void(coop_record const&)>;

    // Null, and a reason for people, where the keys cannot be used.
    static std::unique_ptr<Link> open(Xen_side& xen, Domain_number domain, Keys const& keys,
                                      coop_vmm_config config, Recorder recorder, Time now,
                                      std::string& why);
    ~Link();
    Link(Link const&) = delete;
    Link& operator=(Link const&) = delete;

    Keys const& keys() const { return _keys; }
    Port port() const { return _port; }
    coop_vmm& engine() { return _link->engine; }
    coop_vmm const& engine() const { return _link->engine; }
    bool left() const; // the guest's side is closed

    void edge();
    // Takes what may be taken, tells the handler.
    void serve(Time now, Handler const& handler);
    // Looks at the report area; true if there was a new one.
    bool report(Time now, Handler const& handler);
    // Shows the status, sends what is to be sent, lets edges in again.
    void flush(coop_allocation const& allocation, Time now, Handler const& handler);
    // When serve() is due.
    Time next() const;
    // Leaves in good order.
    void close(Time now);

    uint64_t edges{0};
    uint64_t reports{0};

private:
    Link(Xen_side& xen, Domain_number domain, Keys const& keys, Recorder recorder);

    std::string begin(coop_vmm_config config, Time now);
    static void record(void* context, coop_record const* record);
    void refill(Time now);
    void wake_guest();

    static constexpr uint32_t most_wakes = 8; // edges at once, then one per interval

    Xen_side& _xen;
    Domain_number _domain;
    Keys _keys;
    Recorder _recorder;
    void* _guest_page{nullptr};
    void* _vmm_page{nullptr};
    Port _port{0};
    bool _bound{false};
    bool _begun{false};
    bool _masked{false};
    bool _woken{false};
    uint32_t _wakes{most_wakes};
    Time _wakes_since{0};
    std::unique_ptr<coop_stock_vmm> _link;
};

} // namespace lavandin::coopd
