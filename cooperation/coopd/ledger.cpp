// SPDX-License-Identifier: MIT
#include "ledger.hpp"

#include "log.hpp"

#include <cooperation/store.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lavandin::coopd {

namespace {

constexpr char const* weight_key = COOP_STORE_VMM "/weight"; // "WEIGHT CAP"
constexpr Time active_part = 64; // of the time passed, that a VCPU ran at least

std::optional<uint32_t> number(std::string_view text) {
    uint32_t value = 0;
    char const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && rest == end ? std::optional{value} : std::nullopt;
}

std::optional<Weight> parse_weight(std::string const& text) {
    size_t const space = text.find(' ');
    if (space == std::string::npos)
        return std::nullopt;
    std::optional<uint32_t> const weight = number(std::string_view{text}.substr(0, space));
    std::optional<uint32_t> const cap = number(std::string_view{text}.substr(space + 1));
    if (!weight || !cap || *weight < POLICY_LEAST_WEIGHT || *weight > POLICY_MOST_WEIGHT ||
        *cap > UINT16_MAX)
        return std::nullopt;
    return Weight{*weight, *cap};
}

// Since the last measurement, that `passed` ago.
void count_vcpus(Domain& domain, Time passed) {
    policy_measured& measured = domain.policy.measured;
    uint32_t runnable = 0;
    measured.online = measured.active = 0;
    for (size_t i = 0; i < domain.facts.vcpus.size(); ++i) {
        Vcpu_facts const& vcpu = domain.facts.vcpus[i];
        Time const part = vcpu.time - std::min(vcpu.time, domain.ran[i]);
        bool const wants = vcpu.online && !vcpu.blocked;
        runnable += wants;
        measured.online += vcpu.online;
        measured.active += vcpu.online && (wants || part > passed / active_part);
    }
    measured.runnable = runnable * POLICY_WHOLE;
}

} // namespace

uint64_t Domain::online() const {
    uint64_t mask = 0;
    for (size_t i = 0; i < facts.vcpus.size(); ++i)
        mask |= uint64_t{facts.vcpus[i].online} << i;
    return mask;
}

Ledger::Ledger(Xen_side& xen, Settings const& settings) : _xen{xen}, _settings{settings} {}

Domain* Ledger::find(Domain_number number) {
    auto const found = std::ranges::find_if(_domains, [number](auto const& domain) {
        return domain->facts.number == number && !domain->gone;
    });
    return found == _domains.end() ? nullptr : found->get();
}

Domain* Ledger::find(std::string_view name) {
    if (std::optional<uint32_t> const id = number(name); id && *id <= UINT16_MAX)
        return find(static_cast<Domain_number>(*id));
    auto const found = std::ranges::find_if(
        _domains, [name](auto const& domain) { return domain->name == name && !domain->gone; });
    return found == _domains.end() ? nullptr : found->get();
}

Time Ledger::look(Time now) {
    _xen.domains(_facts);
    Time const counted = _xen.now();
    for (auto const& domain : _domains) {
        auto const found = std::ranges::find(_facts, domain->facts.number, &Domain_facts::number);
        domain->gone |= found == _facts.end() || found->handle != domain->facts.handle ||
                        found->pool != _settings.pool;
        if (domain->gone)
            continue;
        std::swap(domain->facts, *found); // memory stays where it is
        if (domain->facts.vcpus.size() != found->vcpus.size())
            read_processors(*domain); // it was being made
    }
    for (Domain_facts& facts : _facts)
        if (facts.pool == _settings.pool && find(facts.number) == nullptr && !facts.dying)
            appear(facts, now);
    if (now >= _weights_at) {
        _weights_at = now + second;
        _processors = _xen.pool_processors();
        check_weights();
    }
    return counted;
}

void Ledger::appear(Domain_facts& facts, Time now) {
    auto domain = std::make_unique<Domain>();
    domain->facts = facts;
    domain->next_look = now;
    domain->in_use = domain->online();
    for (size_t i = 0; i < facts.vcpus.size(); ++i)
        domain->ran[i] = facts.vcpus[i].time;
    adopt(*domain);
    read_processors(*domain);
    auto const place = std::ranges::upper_bound(
        _domains, facts.number, {}, [](auto const& each) { return each->facts.number; });
    log(Level::info, "domain {} is there: {} VCPUs, weight {}, cap {}", facts.number,
        facts.vcpus.size(), domain->operators.weight, domain->operators.cap);
    _domains.insert(place, std::move(domain));
}

// The operator's weight: from a coopd before this one, or as Xen has it.
void Ledger::adopt(Domain& domain) {
    Domain_number const id = domain.facts.number;
    domain.applied = _xen.weight(id).value_or(Weight{});
    domain.operators = domain.applied;
    if (std::optional<std::string> const kept = _xen.read(id, weight_key)) {
        if (std::optional<Weight> const weight = parse_weight(*kept))
            domain.operators = *weight;
    }
    remember(domain);
}

// A domain that is being made may have no home yet: check_weights() tries again.
void Ledger::remember(Domain& domain) {
    domain.remembered =
        _settings.dry_run ||
        _xen.write(domain.facts.number, weight_key,
                   fmt::format("{} {}", domain.operators.weight, domain.operators.cap));
}

void Ledger::check_weights() {
    for (auto const& domain : _domains) {
        if (!domain->runs())
            continue;
        // A domain is made before the toolstack names it.
        if (auto name = _xen.read(domain->facts.number, "name"))
            domain->name = std::move(*name);
        std::optional<Weight> const found = _xen.weight(domain->facts.number);
        if (!domain->remembered)
            remember(*domain);
        if (!found || *found == domain->applied)
            continue;
        if (found->weight != domain->applied.weight)
            domain->operators.weight = found->weight;
        if (found->cap != domain->applied.cap)
            domain->operators.cap = found->cap;
        domain->applied = *found;
        log(Level::info, "domain {}: the operator set weight {}, cap {}", domain->facts.number,
            domain->operators.weight, domain->operators.cap);
        remember(*domain);
    }
}

// cpu/N/availability is written by the toolstack only (xl vcpu-set).
void Ledger::read_processors(Domain& domain) {
    uint64_t available = 0;
    for (size_t i = 0; i < domain.facts.vcpus.size(); ++i) {
        auto const found = _xen.read(domain.facts.number, fmt::format("cpu/{}/availability", i));
        available |= uint64_t{found.value_or("online") != "offline"} << i;
    }
    domain.available = available;
}

void Ledger::measure(Time now) {
    for (auto const& domain : _domains)
        if (domain->runs())
            measure(*domain, now);
    _measured_at = now;
}

void Ledger::count(Domain& domain, Time now) {
    _xen.vcpus(domain.facts);
    count_vcpus(domain, passed(now));
}

Time Ledger::passed(Time now) const {
    return _measured_at != 0 && now > _measured_at ? now - _measured_at : 0;
}

void Ledger::measure(Domain& domain, Time now) {
    Time const passed = this->passed(now);
    policy_measured& measured = domain.policy.measured;
    uint64_t ran = 0;
    count_vcpus(domain, passed);
    for (size_t i = 0; i < domain.facts.vcpus.size(); ++i) {
        domain.ran[i] = domain.facts.vcpus[i].time;
        ran += domain.ran[i];
    }
    // Whoever looks at dom0 runs in it: what is seen at that moment says nothing.
    if (domain.facts.number == 0 && passed != 0) {
        uint64_t const used = ran - std::min(ran, domain.ran_in_all);
        uint64_t const waited = domain.facts.waited - std::min(domain.facts.waited, domain.waited);
        measured.runnable = static_cast<uint32_t>(
            std::min<uint64_t>((used + waited) * POLICY_WHOLE / passed,
                               domain.facts.vcpus.size() * uint64_t{POLICY_WHOLE}));
    }
    domain.ran_in_all = ran;
    domain.waited = domain.facts.waited;
    measured.processor_time = ran;
    measured.weight = domain.applied.weight;
    measured.cap_percent = domain.applied.cap;
}

void Ledger::forget() {
    std::erase_if(_domains, [](auto const& domain) {
        if (domain->gone)
            log(Level::info, "domain {} is gone", domain->facts.number);
        return domain->gone;
    });
}

void Ledger::set_weight(Domain& domain, Weight weight) {
    if (_settings.dry_run || weight == domain.applied)
        return;
    if (_xen.set_weight(domain.facts.number, weight))
        domain.applied = weight;
}

void Ledger::restore() {
    for (auto const& domain : _domains) {
        if (domain->gone)
            continue;
        set_weight(*domain, domain->operators);
        if (!_settings.dry_run)
            _xen.remove(domain->facts.number, weight_key);
    }
}

} // namespace lavandin::coopd
