// SPDX-License-Identifier: MIT
#include "daemon.hpp"

#include "log.hpp"

#include <algorithm>

namespace lavandin::coopd {

Daemon::Daemon(Xen_side& xen, Settings const& settings, uint64_t seed)
    : _xen{xen}, _settings{settings}, _recorder{settings.record, settings.record_limit},
      _ledger{xen, settings}, _finder{xen, settings, _ledger,
                                      [this](coop_record const& record) {
                                          _recorder.write(record);
                                      }},
      _conversation{settings}, _decisions{xen, settings, _ledger, _conversation, _recorder},
      _random{seed}, _pace{settings.interval} {}

Time Daemon::turn() {
    ++_counts.turns;
    _now = _xen.now();
    _changed |= _finder.take_events(_now);
    take_edges();
    if (_changed) {
        _changed = false;
        _ledger.look(_now);
    }
    _finder.tend(_now);
    serve();
    if (_asked && _now >= _rested)
        answer();
    bool const due = _now >= _next_look;
    if (due || (_wanted && _now >= std::max(_next_asked, _rested)))
        look(due);
    flush();
    _recorder.settle();
    _ledger.forget();
    return next();
}

void Daemon::take_edges() {
    for (unsigned i = 0; i < most_edges; ++i) {
        std::optional<Port> const port = _xen.pending();
        if (!port)
            return;
        ++_counts.edges;
        for (auto const& domain : _ledger.domains())
            if (domain->link && domain->link->port() == *port)
                domain->link->edge();
    }
}

// Who has something due; and everybody once a second, as the protocol promises.
void Daemon::serve() {
    bool const all = _now >= _next_idle_look;
    if (all)
        _next_idle_look = _now + second;
    for (auto const& domain : _ledger.domains()) {
        if (!domain->link || (!all && domain->link->next() > _now))
            continue;
        domain->flush = true;
        domain->link->serve(_now, [&](coop_vmm_event const& event) {
            _wanted |= _conversation.hear(*domain, event, _now);
        });
        _asked |= domain->policy.inbox.request_count != 0;
    }
}

// Who asks is told before anything else is done.
void Daemon::answer() {
    _asked = false;
    for (auto const& domain : _ledger.domains()) {
        if (!domain->joined() || domain->policy.inbox.request_count == 0)
            continue;
        _ledger.count(*domain, _now);
        _decisions.answer(*domain, _now);
        ++_counts.answers;
    }
    Time const decided = _xen.now();
    _rested = _now + share_of(decided - _now);
    _now = decided; // which the status says
    flush();
}

// `due`, or wanted by a domain.
void Daemon::look(bool due) {
    Time const begun = _now;
    _wanted = _asked = false;
    _now = _ledger.look(begun);
    _ledger.measure(_now);
    for (auto const& domain : _ledger.domains()) {
        if (domain->link && !domain->runs())
            _finder.close(*domain, _now);
        if (!domain->joined())
            continue;
        auto const handler = [&](coop_vmm_event const& event) {
            _conversation.hear(*domain, event, _now);
        };
        domain->link->serve(_now, handler); // an edge may have been lost
        if (domain->joined() && domain->link->report(_now, handler))
            ++_counts.reports;
        if (domain->joined())
            _conversation.read_report(*domain, _now);
        domain->flush = true;
    }
    _decisions.step(_now, _pace);
    ++_counts.steps;
    Time const decided = _xen.now();
    Time const share = share_of(decided - begun);
    _pace = std::max(_settings.interval, (7 * _pace + share) / 8);
    Time const rested = begun + share;
    if (!due) {
        _rested = rested;
        _next_asked = begun + closest;
    }
    _next_look = std::max({rested, begun + closest, begun + _pace / 2 + _random() % (_pace + 1)});
    _now = decided;
}

// From the begin of something that took so long until the next. Some of that dom0 may have waited
// for a processor: however long, deadlines and weights are looked after.
Time Daemon::share_of(Time took) { return took + std::min(idle_part * took, longest_rest); }

void Daemon::flush() {
    for (auto const& domain : _ledger.domains()) {
        if (!domain->link || !domain->flush)
            continue;
        domain->flush = false;
        domain->link->flush(
            _conversation.allocation(*domain, _decisions.pressure()), _now,
            [&](coop_vmm_event const& event) { _conversation.hear(*domain, event, _now); });
    }
}

Time Daemon::next() const {
    Time next = std::min({_next_look, _next_idle_look, _finder.next()});
    if (_asked)
        next = std::min(next, _rested);
    if (_wanted)
        next = std::min(next, std::max(_next_asked, _rested));
    for (auto const& domain : _ledger.domains())
        if (domain->link)
            next = std::min(next, domain->flush ? Time{0} : domain->link->next());
    return next;
}

void Daemon::leave() {
    _now = _xen.now();
    for (auto const& domain : _ledger.domains())
        _finder.close(*domain, _now);
    _ledger.restore();
    _decisions.restore();
    _recorder.flush();
}

} // namespace lavandin::coopd
