// SPDX-License-Identifier: MIT
// Xen by its own libraries, in a Linux dom0.
#pragma once

#include "census.hpp"
#include "closer.hpp"
#include "real_clock.hpp"
#include "real_store.hpp"
#include "xen_headers.hpp"
#include "xen_side.hpp"

#include <memory>

namespace lavandin::coopd {

class Real_xen final : public Xen_side {
public:
    explicit Real_xen(uint32_t pool);

    // Readable when an edge, or an event of the store, has come.
    int edge_descriptor() const { return xenevtchn_fd(_channels.get()); }
    int store_descriptor() const { return _store.descriptor(); }

    Time now() override { return _clock.now(); }
    void domains(std::vector<Domain_facts>& facts) override;
    void vcpus(Domain_facts& facts) override;
    uint32_t pool_processors() override;
    std::optional<Weight> weight(Domain_number domain) override;
    bool set_weight(Domain_number domain, Weight weight) override;
    std::optional<uint32_t> rate_limit() override;
    bool set_rate_limit(uint32_t microseconds) override;
    void* map(Domain_number domain, Grant grant, bool writable) override;
    void unmap(void* page) override;
    std::optional<Port> bind(Domain_number domain, Port remote) override;
    void unbind(Port port) override;
    void notify(Port port) override;
    std::optional<Port> pending() override;
    void unmask(Port port) override;

    std::optional<std::string> read(Domain_number domain, std::string_view key) override {
        return _store.read(domain, key);
    }
    bool write(Domain_number domain, std::string_view key, std::string_view value) override {
        return _store.write(domain, key, value);
    }
    void remove(Domain_number domain, std::string_view key) override { _store.remove(domain, key); }
    bool watch(Domain_number domain, Watch_event::Kind kind) override {
        return _store.watch(domain, kind);
    }
    void unwatch(Domain_number domain, Watch_event::Kind kind) override {
        _store.unwatch(domain, kind);
    }
    std::optional<Watch_event> watch_event() override { return _store.event(); }

private:
    void list();
    void fill(Domain_facts& facts, xc_domaininfo_t const& info);
    void fill_own(Domain_facts& facts);
    void ask(Domain_facts& facts);

    uint32_t _pool;
    std::unique_ptr<xc_interface, Closer<xc_interface_close>> _control;
    std::unique_ptr<xenevtchn_handle, Closer<xenevtchn_close>> _channels;
    std::unique_ptr<xengnttab_handle, Closer<xengnttab_close>> _grants;
    Real_store _store;
    Census _census;
    Run_states _states;
    Real_clock _clock{_states};
    std::vector<xc_domaininfo_t> _infos;
};

} // namespace lavandin::coopd
