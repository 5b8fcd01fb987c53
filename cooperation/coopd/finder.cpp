// SPDX-License-Identifier: MIT
#include "finder.hpp"

#include "log.hpp"

#include <cooperation/limits.h>
#include <cooperation/store.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace lavandin::coopd {

namespace {

using Kind = Watch_event::Kind;

constexpr unsigned most_events = 256; // of the store that are taken at once

std::optional<uint32_t> number(std::optional<std::string> const& text) {
    uint32_t value = 0;
    if (!text || text->empty())
        return std::nullopt;
    char const* const end = text->data() + text->size();
    auto const [rest, error] = std::from_chars(text->data(), end, value);
    return error == std::errc{} && rest == end ? std::optional{value} : std::nullopt;
}

bool known(Domain const& domain) { return domain.policy.memory.known != 0; }

} // namespace

Finder::Finder(Xen_side& xen, Settings const& settings, Ledger& ledger, Recorder recorder)
    : _xen{xen}, _settings{settings}, _ledger{ledger}, _recorder{std::move(recorder)} {}

bool Finder::take_events(Time now) {
    bool domains_changed = false;
    for (unsigned i = 0; i < most_events; ++i) {
        std::optional<Watch_event> const event = _xen.watch_event();
        if (!event)
            return domains_changed;
        domains_changed |= event->kind == Kind::domains;
        Domain* const domain = event->kind == Kind::domains ? nullptr : _ledger.find(event->domain);
        if (domain == nullptr)
            continue;
        if (event->kind == Kind::processors) {
            _ledger.read_processors(*domain);
            continue;
        }
        // The state was read after the watch was set, which has an event by itself.
        if (std::exchange(domain->watch_is_new, false))
            continue;
        domain->look = true;
        if (now < domain->next_look && domain->state_watched) {
            _xen.unwatch(event->domain, Kind::state);
            domain->state_watched = false;
        }
    }
    return domains_changed;
}

void Finder::tend(Time now) {
    for (auto const& domain : _ledger.domains())
        tend(*domain, now);
}

void Finder::tend(Domain& domain, Time now) {
    if (!domain.runs())
        return close(domain, now);
    if (domain.link && domain.link->left()) {
        domain.look = true;
        close(domain, now);
    }
    // A session is told its share and its ceiling, which are known once the policy has seen it.
    if (domain.facts.number == 0 || !domain.look || now < domain.next_look || !known(domain))
        return;
    domain.next_look = now + _settings.connection_pause;
    domain.look = false;
    arm(domain);
    look(domain, now);
}

// Before the state is read: what is written later has an event.
void Finder::arm(Domain& domain) {
    Domain_number const id = domain.facts.number;
    if (!domain.state_watched)
        domain.watch_is_new = domain.state_watched = _xen.watch(id, Kind::state);
    if (!domain.processors_watched)
        domain.processors_watched = _xen.watch(id, Kind::processors);
}

void Finder::look(Domain& domain, Time now) {
    std::optional<std::string> const state = _xen.read(domain.facts.number, COOP_STORE_STATE);
    std::string why;
    if (state != COOP_STORE_READY) {
        if (domain.presence != Presence::absent)
            close(domain, now);
        return;
    }
    if (domain.presence == Presence::unusable)
        return; // until it has been closed
    std::optional<Keys> const keys = read_keys(domain, why);
    if (domain.link && keys && domain.link->keys() == *keys)
        return;
    if (domain.link)
        close(domain, now); // it was closed in between
    if (!keys)
        return refuse(domain, std::move(why));
    open(domain, *keys, now);
}

std::optional<Keys> Finder::read_keys(Domain const& domain, std::string& why) {
    Domain_number const id = domain.facts.number;
    std::optional<uint32_t> const least = number(_xen.read(id, COOP_STORE_VERSION_LEAST));
    std::optional<uint32_t> const most = number(_xen.read(id, COOP_STORE_VERSION_MOST));
    std::optional<uint32_t> const guest_page = number(_xen.read(id, COOP_STORE_GUEST_PAGE));
    std::optional<uint32_t> const vmm_page = number(_xen.read(id, COOP_STORE_VMM_PAGE));
    std::optional<uint32_t> const port = number(_xen.read(id, COOP_STORE_EVENT_CHANNEL));
    if (!least || !most || !guest_page || !vmm_page || !port)
        why = "a key is missing, or is no number";
    else if (*least > COOP_VERSION || *most < *least)
        why = fmt::format("no version in common: this side speaks 1 to {}",
                          static_cast<unsigned>(COOP_VERSION));
    if (!why.empty())
        return std::nullopt;
    return Keys{*guest_page, *vmm_page, *port};
}

coop_vmm_config Finder::config(Domain const& domain) const {
    Domain_settings const& own = _settings.of(domain.name);
    coop_vmm_config config{};
    config.capabilities = COOP_CAPABILITIES;
    config.ceiling = static_cast<uint16_t>(std::max<uint32_t>(domain.policy.config.ceiling, 1));
    bool const alone = own.turn_away || _settings.dry_run;
    config.turn_away = alone ? COOP_REASON_ADMINISTRATOR : COOP_REASON_NONE;
    config.entitlement = domain.policy.memory.entitlement;
    config.report_period = _settings.interval;
    config.reclaim_time = _settings.reclaim_time();
    config.reclaim_most = _settings.reclaim_time();
    config.answer_time = COOP_ANSWER_TIME / 2;
    config.burst = _settings.burst;
    config.interval = _settings.message_interval;
    config.tolerated = _settings.tolerated;
    config.forgiven = _settings.forgiven;
    config.suspension = _settings.suspension;
    return config;
}

void Finder::open(Domain& domain, Keys const& keys, Time now) {
    std::string why;
    // Settings go by the name, which the toolstack may have given it since it was found.
    if (auto name = _xen.read(domain.facts.number, "name"))
        domain.name = std::move(*name);
    domain.link = Link::open(
        _xen, domain.facts.number, keys, config(domain),
        [this, &domain](auto const& r) {
            bool const accepted = r.event == COOP_RECORD_TAKE && r.verdict == COOP_OK;
            if (r.message != nullptr && (accepted || r.event == COOP_RECORD_SAY) &&
                r.message->head.type < domain.last.size())
                domain.last[r.message->head.type] = *r.message;
            _recorder(r);
        },
        now, why);
    if (!domain.link)
        return refuse(domain, std::move(why));
    // Its side may be left over from before; then it comes back when it is ready.
    if (domain.link->left()) {
        domain.link.reset();
        domain.look = true;
        return;
    }
    domain.presence = Presence::open;
    domain.why.clear();
    domain.flush = true;
    _xen.write(domain.facts.number, COOP_STORE_VMM_STATE, COOP_STORE_OPEN);
    log(Level::info, "domain {}: connected", domain.facts.number);
}

void Finder::refuse(Domain& domain, std::string why) {
    log(Level::warning, "domain {}: {}", domain.facts.number, why);
    _xen.write(domain.facts.number, COOP_STORE_VMM_STATE,
               fmt::format("{} {}", COOP_STORE_UNUSABLE, why));
    domain.presence = Presence::unusable;
    domain.why = std::move(why);
}

void Finder::close(Domain& domain, Time now) {
    if (domain.link) {
        // What a dying domain granted is as good as before until it is unmapped.
        domain.link->close(now);
        domain.lost_edges += domain.link->edges;
        domain.lost_reports += domain.link->reports;
        domain.link.reset();
        log(Level::info, "domain {}: disconnected", domain.facts.number);
    }
    if (domain.presence != Presence::absent && !domain.gone && !domain.facts.dying)
        _xen.remove(domain.facts.number, COOP_STORE_VMM_STATE);
    domain.presence = Presence::absent;
    domain.why.clear();
    domain.policy.config.capabilities = 0;
    domain.policy.report.time = 0;
    domain.policy.inbox = {};
    domain.claims.forget();
    if (!domain.runs()) {
        if (domain.state_watched)
            _xen.unwatch(domain.facts.number, Kind::state);
        if (domain.processors_watched)
            _xen.unwatch(domain.facts.number, Kind::processors);
        domain.state_watched = domain.processors_watched = false;
    }
}

Time Finder::next() const {
    Time next = never;
    for (auto const& domain : _ledger.domains())
        if (domain->runs() && domain->facts.number != 0 && domain->look && known(*domain))
            next = std::min(next, domain->next_look);
    return next;
}

} // namespace lavandin::coopd
