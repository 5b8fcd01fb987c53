// SPDX-License-Identifier: MIT
// Session and messages. Measuring and asking: measuring.cpp; processors: following.cpp.
#include "cooperation.hpp"

#include <algorithm>
#include <cooperation/codec.h>
#include <cooperation/side.h>

namespace lavandin::resource_manager {

namespace {

constexpr uint64_t never = UINT64_MAX;
constexpr unsigned most_steps = 64; // a look's; the rest at the next

} // namespace

void Cooperation::begin(coop_guest_page& own, coop_vmm_page const& other, unsigned processors) {
    coop_guest_config config{};
    config.capabilities = COOP_CAPABILITIES;
    config.processors = static_cast<uint16_t>(processors);
    config.processors_least = 1;
    config.report_period = report_period;
    config.reclaim_time = reclaim_time;
    config.patience = COOP_PATIENCE;
    config.session = coop_stock_guest_session(&own);
    coop_stock_guest_begin(&_link, &config, &own, &other);
    _begun = true;
    _apart_since = _host.now();
}

bool Cooperation::other_open() const {
    return coop_side_state(&_link.other->side, COOP_VMM_MAGIC) == COOP_SIDE_OPEN;
}

uint64_t Cooperation::online() {
    uint64_t mask = 0;
    for (uint64_t number = 0; number < engine().config.processors; ++number)
        if (_host.state(number) == Processor_state::online)
            mask |= uint64_t{1} << number;
    return mask;
}

void Cooperation::look() {
    if (!_begun)
        return;
    uint64_t const now = _host.now();
    exchange();
    if (joined() && now >= _next_look) {
        measure(now);
        decide(now);
    }
    tend(now);
    pump();
    exchange();
    coop_stock_guest_sleep(&_link);
}

uint64_t Cooperation::next() {
    if (!_begun)
        return never;
    uint64_t next = coop_guest_next(&engine());
    if (joined())
        next = std::min(next, _next_look);
    else if (other_open())
        next = std::min(next, _host.now() + look_period);
    if (!joined() && _given != 0)
        next = std::min(next, _apart_since + patience);
    return next;
}

void Cooperation::exchange() {
    coop_guest_event event;
    uint64_t const now = _host.now();
    for (unsigned i = 0; i < most_steps && coop_stock_guest_step(&_link, now, &event) != 0; ++i)
        happened(event);
    if (coop_stock_guest_notify(&_link) != 0)
        _host.notify();
}

void Cooperation::happened(coop_guest_event const& event) {
    switch (event.type) {
    case COOP_GUEST_WELCOMED:
        return welcomed(event.message.body.welcome);
    case COOP_GUEST_TURNED_AWAY:
        _told.turned_away = event.message.body.welcome.reason;
        return;
    case COOP_GUEST_LOST:
        return lost();
    case COOP_GUEST_ANSWERED:
        return answered(event.message);
    case COOP_GUEST_OFFERED:
        return offered(event.message);
    case COOP_GUEST_RECLAIMED:
        return reclaimed(event.message.body.transfer);
    case COOP_GUEST_EXPIRED:
        ++_told.offers_refused;
        return;
    case COOP_GUEST_NOTHING:
        return;
    }
}

void Cooperation::welcomed(coop_welcome const& welcome) {
    ++_told.sessions;
    _told.turned_away = COOP_REASON_NONE;
    _online = online();
    _period = welcome.report_period;
    _next_report = _next_look = 0;
    _latest.time = 0;
    _reporter.begin();
    _demand.begin();
    _classifier.begin();
    _policy.begin();
    _stolen = 0;
}

// What was open is void; transitions that are under way end by themselves.
void Cooperation::lost() {
    _apart_since = _host.now();
    _offer.end();
    _reclaim.end();
    if (_hand_request) {
        _hand = Hand::answered;
        _asked = {static_cast<uint64_t>(abi::Error::peer_died), 0, 0, 0};
    }
    _hand_request = false;
}

void Cooperation::answered(coop_message const& message) {
    coop_answer const& answer = message.body.answer;
    coop_status status{};
    _told.judged_at = message.head.time;
    _told.decided_at = shown(status) ? status.time : 0; // written before the answer
    _told.outcome = answer.outcome;
    _told.answer_reason = answer.reason;
    _told.answer_processors = answer.processors;
    if (!_hand_request)
        return _policy.answered(answer, _host.now());
    _hand_request = false;
    _hand = Hand::answered;
    _asked = {0, answer.outcome, answer.reason, answer.processors};
}

// One that comes from a request was asked for; others are taken as far as there is use for them.
void Cooperation::offered(coop_message const& message) {
    uint64_t const now = _host.now();
    coop_transfer const& transfer = message.body.transfer;
    unsigned wanted = transfer.count;
    if (message.head.regarding != 0) {
        _told.offered_at = now;
    } else {
        auto const count = static_cast<unsigned>(__builtin_popcountll(online()));
        unsigned const useful = _policy.useful(situation(now));
        if (useful <= count)
            return refuse_offer(COOP_REASON_UNWANTED);
        wanted = std::min(wanted, useful - count);
    }
    if (coop_guest_work(&engine(), COOP_OFFER, now) != COOP_OK)
        return; // too late: the engine refuses it
    _offer.begin(Move::Kind::offer, transfer, {wanted, COOP_MANNER_ANY, now + look_period});
    pump();
}

void Cooperation::refuse_offer(coop_reason reason) {
    coop_reply reply{};
    reply.reason = static_cast<uint16_t>(reason);
    reply.processor = COOP_NO_PROCESSOR;
    if (coop_guest_reply(&engine(), COOP_OFFER, &reply, _host.now()) == COOP_OK)
        ++_told.offers_refused;
}

// What is meant to be back soon, or nobody knows when, is parked.
coop_manner Cooperation::manner_of(coop_transfer const& transfer) {
    if (transfer.manner != COOP_MANNER_ANY)
        return static_cast<coop_manner>(transfer.manner);
    bool const soon = transfer.until < _host.now() + short_absence; // 0: unknown
    bool const parks = coop_guest_agreed(&engine(), COOP_PARKS) != 0;
    return soon && parks ? COOP_MANNER_PARK : COOP_MANNER_STOP;
}

// Late is better than not at all: only that the processors have gone ends what the other side does
// about a deadline that was missed.
void Cooperation::reclaimed(coop_transfer const& transfer) {
    uint64_t const now = _host.now();
    static_cast<void>(coop_guest_work(&engine(), COOP_RECLAIM, now));
    uint64_t const until = std::max(transfer.deadline, now) + lateness;
    _reclaim.begin(Move::Kind::reclaim, transfer, {transfer.count, manner_of(transfer), until});
    pump();
}

} // namespace lavandin::resource_manager
