// SPDX-License-Identifier: MIT
// A guest that cooperates, or does not: the protocol's own guest side on pages of a fake domain. It
// stops and starts the domain's VCPUs as it is asked to.
#pragma once

#include "fake_xen.hpp"

#include <cooperation/reasons.h>
#include <cooperation/stock_guest.h>

namespace lavandin::coopd {

class Fake_guest {
public:
    // How it behaves.
    bool silent{false};  // answers nothing
    bool refuses{false}; // every reclaim
    bool parks{false};
    uint32_t demand{500}; // that it reports
    uint64_t answers{0}, offers{0}, reclaims{0};
    coop_message last_answer{};

    Fake_guest(Fake_xen& xen, Domain_number number) : _xen{xen}, _number{number} { renew(); }

    Domain_number number() const { return _number; }
    coop_guest const& engine() const { return _link.engine; }
    bool joined() const { return _link.engine.state == COOP_GUEST_JOINED; }
    coop_guest_page& guest_page() { return *reinterpret_cast<coop_guest_page*>(_own.get()); }
    coop_vmm_page& vmm_page() { return *reinterpret_cast<coop_vmm_page*>(_other.get()); }
    Port port() const { return _port; }

    // In new pages, as after a boot.
    void renew() {
        _own = std::make_shared<Fake_page>();
        _other = std::make_shared<Fake_page>();
        _port = ++_ports;
        Fake_domain& domain = _xen.machine.at(_number);
        domain.grants[2 * _port] = {_own, false};
        domain.grants[2 * _port + 1] = {_other, true};
        domain.ports.insert(_port);
        begin();
        _xen.store(_number, COOP_STORE_VERSION_LEAST, "1");
        _xen.store(_number, COOP_STORE_VERSION_MOST, "1");
        _xen.store(_number, COOP_STORE_GUEST_PAGE, std::to_string(2 * _port));
        _xen.store(_number, COOP_STORE_VMM_PAGE, std::to_string(2 * _port + 1));
        _xen.store(_number, COOP_STORE_EVENT_CHANNEL, std::to_string(_port));
        _xen.store(_number, COOP_STORE_STATE, COOP_STORE_READY);
    }
    // A new manager in the same pages.
    void begin() {
        Fake_domain const& domain = _xen.machine.at(_number);
        coop_guest_config const config{
            .capabilities =
                static_cast<uint32_t>(parks ? COOP_REPORTS | COOP_TAKES | COOP_GIVES | COOP_PARKS
                                            : COOP_REPORTS | COOP_TAKES | COOP_GIVES),
            .processors = static_cast<uint16_t>(domain.facts.vcpus.size()),
            .processors_least = 1,
            .report_period = 10 * millisecond,
            .reclaim_time = millisecond,
            .patience = COOP_PATIENCE,
            .session = coop_stock_guest_session(&guest_page())};
        coop_stock_guest_begin(&_link, &config, &guest_page(), &vmm_page());
        edge();
    }
    void leave() {
        coop_stock_guest_leave(&_link);
        edge();
        _xen.store(_number, COOP_STORE_STATE, COOP_STORE_CLOSED);
    }

    // Does all it can do now.
    void turn() {
        coop_guest_event event{};
        for (int i = 0; i < 32 && coop_stock_guest_step(&_link, _xen.time, &event) != 0; ++i)
            hear(event);
        report();
        edge();
        coop_stock_guest_sleep(&_link);
    }
    coop_error request(uint16_t wanted) {
        coop_request body{};
        body.wanted = wanted;
        body.least = 1;
        body.need = COOP_NEED_QUEUE;
        body.load = COOP_LOAD_THROUGHPUT;
        body.demand = wanted * 1000U;
        coop_error const error = coop_guest_request(&_link.engine, &body, _xen.time);
        turn();
        return error;
    }
    uint64_t online() const {
        uint64_t mask = 0;
        auto const& vcpus = _xen.machine.at(_number).facts.vcpus;
        for (size_t i = 0; i < vcpus.size(); ++i)
            mask |= uint64_t{vcpus[i].online} << i;
        return mask;
    }
    void set_online(uint64_t mask) {
        auto& vcpus = _xen.machine.at(_number).facts.vcpus;
        for (size_t i = 0; i < vcpus.size(); ++i)
            vcpus[i].online = (mask >> i & 1U) != 0;
    }
    // Puts a message into the ring that no engine would.
    void put(coop_message const& message) {
        coop_producer_put(&_link.out, &message);
        _xen.edge(_number, _port);
    }

private:
    void hear(coop_guest_event const& event) {
        if (event.type == COOP_GUEST_ANSWERED) {
            ++answers;
            last_answer = event.message;
        }
        if (event.type == COOP_GUEST_OFFERED) {
            ++offers;
            move(event.message.body.transfer, COOP_OFFER);
        }
        if (event.type == COOP_GUEST_RECLAIMED) {
            ++reclaims;
            move(event.message.body.transfer, COOP_RECLAIM);
        }
    }
    void move(coop_transfer const& asked, coop_type type) {
        coop_reply reply{};
        reply.processor = COOP_NO_PROCESSOR;
        if (silent)
            return;
        if (type == COOP_RECLAIM && refuses) {
            reply.reason = COOP_REASON_NEEDED;
        } else {
            uint64_t left = asked.processors;
            for (unsigned i = 0; i < asked.count; ++i, left &= left - 1)
                reply.processors |= left & (~left + 1);
            set_online(type == COOP_OFFER ? online() | reply.processors
                                          : online() & ~reply.processors);
            reply.online = online();
            reply.manner = type == COOP_RECLAIM ? COOP_MANNER_STOP : COOP_MANNER_ANY;
        }
        EXPECT_EQ(coop_guest_work(&_link.engine, type, _xen.time), COOP_OK);
        EXPECT_EQ(coop_guest_reply(&_link.engine, type, &reply, _xen.time), COOP_OK);
    }
    void report() {
        Fake_domain const& domain = _xen.machine.at(_number);
        coop_report report{};
        report.online = online();
        report.runnable = demand / 1000 + 1;
        report.demand = demand;
        report.confidence = 900;
        report.load = COOP_LOAD_THROUGHPUT;
        report.processors = static_cast<uint16_t>(domain.facts.vcpus.size());
        for (size_t i = 0; i < domain.facts.vcpus.size(); ++i) {
            report.processor[i].busy = domain.facts.vcpus[i].time;
            report.processor[i].state = static_cast<uint16_t>(
                domain.facts.vcpus[i].online ? COOP_PROCESSOR_ONLINE : COOP_PROCESSOR_STOPPED);
        }
        coop_stock_guest_report(&_link, &report, _xen.time);
    }
    void edge() {
        if (coop_stock_guest_notify(&_link) != 0)
            _xen.edge(_number, _port);
    }

    static inline Port _ports{0};

    Fake_xen& _xen;
    Domain_number _number;
    std::shared_ptr<Fake_page> _own, _other;
    Port _port{0};
    coop_stock_guest _link{};
};

} // namespace lavandin::coopd
