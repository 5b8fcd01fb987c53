// SPDX-License-Identifier: MIT
#include "link.hpp"

#include <cooperation/side.h>

#include <algorithm>

namespace lavandin::coopd {

Link::Link(Xen_side& xen, Domain_number domain, Keys const& keys, Recorder recorder)
    : _xen{xen}, _domain{domain}, _keys{keys}, _recorder{std::move(recorder)},
      _link{std::make_unique<coop_stock_vmm>()} {}

std::unique_ptr<Link> Link::open(Xen_side& xen, Domain_number domain, Keys const& keys,
                                 coop_vmm_config config, Recorder recorder, Time now,
                                 std::string& why) {
    std::unique_ptr<Link> link{new Link{xen, domain, keys, std::move(recorder)}};
    why = link->begin(config, now);
    return why.empty() ? std::move(link) : nullptr;
}

std::string Link::begin(coop_vmm_config config, Time now) {
    _guest_page = _xen.map(_domain, _keys.guest_page, false);
    if (_guest_page == nullptr)
        return "the guest's page cannot be mapped";
    _vmm_page = _xen.map(_domain, _keys.vmm_page, true);
    if (_vmm_page == nullptr)
        return "the page for the VMM side cannot be mapped writable";
    auto* const own = static_cast<coop_vmm_page*>(_vmm_page);
    auto const* const other = static_cast<coop_guest_page const*>(_guest_page);
    // Before anything is written: what the first edge announces must be seen.
    std::optional<Port> const port = _xen.bind(_domain, _keys.port);
    if (!port)
        return "the event channel cannot be bound";
    _port = *port;
    _bound = true;
    config.instance = coop_stock_vmm_instance(own);
    coop_error const error = coop_stock_vmm_begin(_link.get(), &config, other, own, now);
    if (error == COOP_ERROR_MAGIC)
        return "the guest's page is none of this protocol";
    if (error != COOP_OK)
        return "the VMM side's configuration cannot be";
    _begun = true;
    coop_recorder const recorder{&Link::record, this, _domain};
    coop_stock_vmm_record(_link.get(), &recorder);
    _wakes_since = now;
    _woken = true; // a session may have been asked for while nobody listened
    wake_guest();
    return {};
}

Link::~Link() {
    if (_bound)
        _xen.unbind(_port);
    if (_vmm_page != nullptr)
        _xen.unmap(_vmm_page);
    if (_guest_page != nullptr)
        _xen.unmap(_guest_page);
}

void Link::record(void* context, coop_record const* record) {
    static_cast<Link*>(context)->_recorder(*record);
}

bool Link::left() const {
    return coop_side_state(&_link->other->side, COOP_GUEST_MAGIC) == COOP_SIDE_CLOSED;
}

void Link::wake_guest() {
    if (coop_stock_vmm_notify(_link.get()) != 0)
        _xen.notify(_port);
}

void Link::edge() {
    _masked = true; // Linux does that
    _woken = true;
    ++edges;
    if (_wakes > 0)
        --_wakes;
}

void Link::refill(Time now) {
    Time const interval = engine().config.interval;
    if (now <= _wakes_since || interval == 0)
        return;
    uint64_t const periods = (now - _wakes_since) / interval;
    _wakes = static_cast<uint32_t>(std::min<uint64_t>(most_wakes, _wakes + periods));
    _wakes_since += periods * interval;
}

void Link::serve(Time now, Handler const& handler) {
    _woken = false;
    // Each event costs the guest a message, or time; the bound is for what one forgets.
    uint32_t const most = 2 * engine().config.burst + 8;
    for (uint32_t i = 0; i < most; ++i) {
        coop_vmm_event event{};
        if (coop_stock_vmm_step(_link.get(), now, &event) == 0)
            return;
        handler(event);
    }
}

bool Link::report(Time now, Handler const& handler) {
    coop_vmm_event event{};
    coop_error const error = coop_stock_vmm_report(_link.get(), now, &event);
    if (event.type != COOP_VMM_NOTHING)
        handler(event);
    if (error == COOP_OK)
        ++reports;
    return error == COOP_OK;
}

void Link::flush(coop_allocation const& allocation, Time now, Handler const& handler) {
    coop_vmm_event event{};
    coop_stock_vmm_flush(_link.get(), &allocation, now, &event);
    if (event.type != COOP_VMM_NOTHING)
        handler(event);
    wake_guest();
    refill(now);
    if (_masked && _wakes > 0 && coop_vmm_budget(&engine(), now) > 0) {
        _masked = false;
        _xen.unmask(_port);
    }
    coop_stock_vmm_sleep(_link.get());
}

Time Link::next() const {
    if (_woken)
        return 0;
    Time next = coop_vmm_next(&engine());
    bool const suspended = engine().state == COOP_VMM_SUSPENDED;
    if (_masked && _wakes == 0 && !suspended)
        next = std::min(next, _wakes_since + engine().config.interval);
    return next;
}

void Link::close(Time now) {
    coop_stock_vmm_close(_link.get(), now);
    wake_guest();
}

} // namespace lavandin::coopd
