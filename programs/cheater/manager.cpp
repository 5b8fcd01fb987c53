// SPDX-License-Identifier: MIT
#include "manager.hpp"

#include <cooperation/limits.h>
#include <cooperation/reasons.h>
#include <cooperation/store.h>
#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/xenstore_client.hpp>
#include <stdio.h>

using namespace lavandin;

namespace cheater {

namespace {

constexpr unsigned most_steps = 64;
constexpr unsigned processors = 2;
constexpr uint64_t to_notice = 2 * second; // for the other side, that a manager has left

Result<void> write(Xenstore_client const& store, char const* key, uint64_t number) {
    char text[24];
    int const length =
        snprintf(text, sizeof(text), "%llu", static_cast<unsigned long long>(number));
    return store.write(key, {text, static_cast<size_t>(length)});
}

} // namespace

Result<void> Manager::open() {
    _bell = TRY(Notification::create());
    TRY_VOID(_transport.open(System::borrow(environment().capability("system")), _bell));
    coop_guest_config config{};
    config.capabilities = COOP_REPORTS | COOP_TAKES | COOP_GIVES;
    config.processors = processors;
    config.processors_least = 1;
    config.report_period = 10 * millisecond;
    config.reclaim_time = millisecond;
    config.patience = COOP_PATIENCE;
    config.session = coop_stock_guest_session(&own());
    coop_stock_guest_begin(&_link, &config, &own(), &other());
    return publish();
}

Result<void> Manager::publish() {
    Xenstore_client const store;
    TRY_VOID(store.write(COOP_STORE_STATE, COOP_STORE_CLOSED));
    sleep_for(to_notice);
    TRY_VOID(write(store, COOP_STORE_VERSION_LEAST, 1));
    TRY_VOID(write(store, COOP_STORE_VERSION_MOST, COOP_VERSION));
    TRY_VOID(write(store, COOP_STORE_GUEST_PAGE, _transport.own_reference()));
    TRY_VOID(write(store, COOP_STORE_VMM_PAGE, _transport.other_reference()));
    TRY_VOID(write(store, COOP_STORE_EVENT_CHANNEL, _transport.port()));
    return store.write(COOP_STORE_STATE, COOP_STORE_READY);
}

void Manager::refuse(coop_type type) {
    coop_reply reply{};
    reply.reason = COOP_REASON_NEEDED;
    reply.processor = COOP_NO_PROCESSOR;
    static_cast<void>(coop_guest_work(&_link.engine, type, now()));
    static_cast<void>(coop_guest_reply(&_link.engine, type, &reply, now()));
}

void Manager::turn(bool refuse_offers) {
    _transport.clear_edge();
    coop_guest_event event{};
    for (unsigned i = 0; i < most_steps && coop_stock_guest_step(&_link, now(), &event) != 0; ++i) {
        if (event.type == COOP_GUEST_RECLAIMED)
            refuse(COOP_RECLAIM);
        if (event.type == COOP_GUEST_OFFERED && refuse_offers)
            refuse(COOP_OFFER);
    }
    if (coop_stock_guest_notify(&_link) != 0)
        edge();
}

void Manager::report(uint64_t busy, uint32_t demand) {
    static coop_report report;
    report.online = (1U << processors) - 1;
    report.processors = processors;
    report.runnable = demand / COOP_WHOLE;
    report.demand = demand;
    report.confidence = COOP_WHOLE;
    report.load = COOP_LOAD_SATURATED;
    for (unsigned i = 0; i < processors; ++i) {
        report.processor[i].busy = busy;
        report.processor[i].state = COOP_PROCESSOR_ONLINE;
    }
    coop_stock_guest_report(&_link, &report, now());
}

void Manager::ask(uint16_t wanted) {
    coop_request request{};
    request.wanted = wanted;
    request.least = 1;
    request.need = COOP_NEED_QUEUE;
    request.load = COOP_LOAD_SATURATED;
    request.demand = COOP_PROCESSORS * COOP_WHOLE;
    request.confidence = COOP_WHOLE;
    static_cast<void>(coop_guest_request(&_link.engine, &request, now()));
    turn(false);
}

void Manager::release() {
    coop_release release{};
    release.processors = 0b10;
    release.online = 0b01;
    release.manner = COOP_MANNER_STOP;
    release.reason = COOP_REASON_UNWANTED;
    static_cast<void>(coop_guest_release(&_link.engine, &release, now()));
    turn(false);
}

bool Manager::put(coop_message const& message) {
    return coop_producer_put(&_link.out, &message) == COOP_OK;
}

coop_message const& Manager::last() const {
    return _transport.own().slots[(_link.out.count - 1) % COOP_RING_SLOTS];
}

} // namespace cheater
