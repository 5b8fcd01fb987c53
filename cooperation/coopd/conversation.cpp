// SPDX-License-Identifier: MIT
#include "conversation.hpp"

#include "log.hpp"
#include "translate.hpp"

#include <algorithm>
#include <bit>

namespace lavandin::coopd {

namespace {

uint32_t count(uint64_t processors) { return static_cast<uint32_t>(std::popcount(processors)); }

// Processors of an offer that did not come into use: the policy had counted on them.
void give_up(Domain& domain, uint32_t processors) { domain.policy.inbox.released += processors; }

} // namespace

bool Conversation::hear(Domain& domain, coop_vmm_event const& event, Time now) {
    policy_inbox& inbox = domain.policy.inbox;
    domain.flush = true;
    switch (event.type) {
    case COOP_VMM_BEGUN:
        begin(domain, event);
        return true;
    case COOP_VMM_ENDED:
        domain.policy.config.capabilities = 0;
        domain.policy.report.time = 0;
        inbox = {};
        domain.claims.forget();
        return false;
    case COOP_VMM_REQUESTED:
        if (inbox.request_count < POLICY_MOST_REQUESTS)
            inbox.requests[inbox.request_count++] = to_policy(event.message);
        return true;
    case COOP_VMM_RELEASED:
        inbox.released += count(event.message.body.release.processors);
        learn(domain, event.message.body.release.online, now);
        return true;
    case COOP_VMM_OFFER_REPLIED:
        offer_replied(domain, event);
        return true;
    case COOP_VMM_RECLAIM_REPLIED:
        reclaim_replied(domain, event);
        return true;
    case COOP_VMM_OFFER_OVERDUE:
        // The policy knows of its own offers' deadlines.
        if (domain.offer_number == 0)
            give_up(domain, event.transfer.count);
        return false;
    case COOP_VMM_RECLAIM_OVERDUE:
        if (domain.favour)
            coop_vmm_relent(&domain.link->engine());
        else
            log(Level::info, "domain {}: a reclaim is overdue", domain.facts.number);
        return false;
    default:
        return false;
    }
}

void Conversation::begin(Domain& domain, coop_vmm_event const& event) {
    policy_memory const& memory = domain.policy.memory;
    policy_inbox& inbox = domain.policy.inbox;
    inbox = {};
    // What was open is void.
    if (memory.offer.number != 0)
        inbox.offer = {memory.offer.number, POLICY_REFUSED};
    domain.policy.config.capabilities =
        to_policy_capabilities(domain.link->engine().agreed.capabilities);
    domain.policy.report.time = 0;
    domain.offer_number = domain.reclaim_number = 0;
    domain.favour = false;
    domain.in_use = domain.online() & mask_below(event.message.body.hello.processors);
    domain.claims.forget();
    log(Level::info, "domain {}: session {} begins, capabilities {:#x}", domain.facts.number,
        event.message.head.session, domain.link->engine().agreed.capabilities);
}

void Conversation::learn(Domain& domain, uint64_t online, Time now) {
    domain.in_use = online;
    domain.in_use_since = now;
}

void Conversation::offer_replied(Domain& domain, coop_vmm_event const& event) {
    coop_reply const& reply = event.message.body.reply;
    bool const done = event.message.head.type == COOP_DONE;
    uint32_t const moved = done ? count(reply.processors) : 0;
    if (done)
        learn(domain, reply.online, event.message.head.time);
    if (domain.offer_number != 0)
        domain.policy.inbox.offer = {domain.offer_number,
                                     static_cast<uint32_t>(done ? POLICY_DONE : POLICY_REFUSED)};
    // The policy itself sees to an offer of its own that was refused; what was overdue was given
    // up.
    bool const known = domain.offer_number != 0 ? !done : event.late != 0;
    if (!known)
        give_up(domain, event.transfer.count - moved);
}

void Conversation::reclaim_replied(Domain& domain, coop_vmm_event const& event) {
    coop_reply const& reply = event.message.body.reply;
    bool const done = event.message.head.type == COOP_DONE;
    if (done)
        learn(domain, reply.online, event.message.head.time);
    bool const all = done && count(reply.processors) >= event.transfer.count;
    if (domain.reclaim_number != 0)
        domain.policy.inbox.reclaim = {domain.reclaim_number,
                                       static_cast<uint32_t>(all ? POLICY_DONE : POLICY_REFUSED)};
    if (domain.favour && done)
        domain.policy.inbox.released += count(reply.processors);
    domain.favour = false;
}

void Conversation::read_report(Domain& domain, Time now) {
    coop_vmm& engine = domain.link->engine();
    coop_report const& report = engine.report;
    if (report.number == 0)
        return;
    if (report.time >= domain.in_use_since)
        learn(domain, report.online & domain.online(), report.time);
    if (domain.claims.contradict(report, domain.facts, now)) {
        coop_vmm_event event{};
        coop_vmm_violation(&engine, COOP_ERROR_CONTRADICTION, now, &event);
        hear(domain, event, now);
    }
    // Whoever misbehaved lately is judged by what Xen counts alone.
    if (engine.points == 0 && domain.joined())
        domain.policy.report = to_policy(report, domain.claims.seen());
    else
        domain.policy.report.time = 0;
}

void Conversation::say(Domain& domain, policy_action const& action, Time now) {
    policy_inbox& inbox = domain.policy.inbox;
    switch (action.kind) {
    case POLICY_ANSWER:
        return answer(domain, action, now);
    case POLICY_OFFER:
        if (!offer(domain, action.processors, action.until, action.number, to_reason(action.reason),
                   0, now))
            inbox.offer = {action.number, POLICY_REFUSED};
        return;
    case POLICY_RECLAIM:
        domain.favour = false;
        domain.reclaim_number = action.number;
        if (!reclaim(domain, action.processors, action.until - margin(), to_reason(action.reason),
                     now))
            domain.reclaim_number = 0; // agree() tries again
        return;
    case POLICY_WITHDRAW:
        if (action.number == domain.reclaim_number && domain.link)
            coop_vmm_relent(&domain.link->engine());
        return;
    default:
        return;
    }
}

// What a request was granted moves by an offer, or by a reclaim where it wants fewer.
void Conversation::answer(Domain& domain, policy_action const& action, Time now) {
    if (!domain.joined())
        return;
    coop_vmm& engine = domain.link->engine();
    uint32_t const request = engine.request.head.sequence;
    coop_answer const body = to_answer(action, now);
    if (request != action.number || coop_vmm_answer(&engine, &body, now) != COOP_OK)
        return; // it was answered for want of a decision
    domain.flush = true;
    bool const granted = body.outcome == COOP_GRANTED || body.outcome == COOP_PARTLY;
    uint32_t const held = count(domain.in_use);
    if (granted && action.processors > held) {
        Time const deadline = now + _settings.tuning.offer;
        if (!offer(domain, action.processors, deadline, 0, to_reason(action.reason), request, now))
            give_up(domain, action.processors - held);
    } else if (granted && action.processors < held && action.processors != 0) {
        domain.favour = reclaim(domain, action.processors, now + _settings.tuning.give_back,
                                COOP_REASON_UNWANTED, now);
    }
}

bool Conversation::offer(Domain& domain, uint32_t processors, Time deadline, uint32_t number,
                         coop_reason reason, uint32_t regarding, Time now) {
    if (!domain.joined())
        return false;
    coop_vmm& engine = domain.link->engine();
    uint64_t const could = domain.available & mask_below(domain.facts.vcpus.size()) &
                           mask_below(engine.hello.processors) & ~domain.in_use;
    uint32_t const held = count(domain.in_use);
    if (processors <= held || could == 0)
        return false;
    coop_transfer const body =
        to_transfer(could, std::min(processors - held, count(could)), deadline, reason);
    if (coop_vmm_offer(&engine, &body, regarding, now) != COOP_OK)
        return false;
    domain.offer_number = number;
    domain.flush = true;
    return true;
}

bool Conversation::reclaim(Domain& domain, uint32_t processors, Time deadline, coop_reason reason,
                           Time now) {
    if (!domain.joined())
        return false;
    coop_vmm& engine = domain.link->engine();
    uint32_t const held = count(domain.in_use);
    uint64_t could = domain.in_use & mask_below(engine.hello.processors);
    if (count(could) > 1)
        could &= could - 1; // not the first
    if (processors >= held)
        return false;
    uint64_t const soonest = now + engine.agreed.reclaim_time;
    coop_transfer const body = to_transfer(could, std::min(held - processors, count(could)),
                                           std::max(deadline, soonest), reason);
    if (coop_vmm_reclaim(&engine, &body, now) != COOP_OK)
        return false;
    domain.flush = true;
    return true;
}

void Conversation::agree(Domain& domain, Time now) {
    if (!domain.link)
        return;
    coop_vmm& engine = domain.link->engine();
    policy_pending const& reclaimed = domain.policy.memory.reclaim;
    if (reclaimed.number == 0) {
        if (domain.reclaim_number != 0 || engine.enforced != 0)
            coop_vmm_relent(&engine);
        domain.reclaim_number = 0;
    } else if (engine.reclaim.sequence == 0 && domain.reclaim_number != reclaimed.number &&
               reclaim(domain, reclaimed.processors, reclaimed.deadline - margin(),
                       COOP_REASON_PRESSURE, now)) {
        domain.reclaim_number = reclaimed.number;
    }
}

coop_allocation Conversation::allocation(Domain const& domain, uint32_t pressure) const {
    coop_allocation shown{};
    shown.allotted = domain.in_use;
    shown.use = domain.policy.memory.use;
    shown.pressure = static_cast<uint16_t>(std::min<uint32_t>(pressure, UINT16_MAX));
    return shown;
}

} // namespace lavandin::coopd
