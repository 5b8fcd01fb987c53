// SPDX-License-Identifier: MIT
#include "real_xen.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace lavandin::coopd {

namespace {

constexpr size_t most_domains = 1024; // as policy_state takes
constexpr uint32_t most_vcpus = 64;   // that anybody speaks of
// What fits into a page: libxencall keeps buffers of that size, and maps larger ones each time.
constexpr uint32_t listed_at_once = XC_PAGE_SIZE / sizeof(xc_domaininfo_t);

template <class Handle>
Handle* opened(Handle* handle, char const* what) {
    if (handle == nullptr)
        throw Xen_error{std::string{what} + ": " + std::strerror(errno) +
                        " (coopd runs in dom0, as root)"};
    return handle;
}

} // namespace

Real_xen::Real_xen(uint32_t pool)
    : _pool{pool}, _control{opened(xc_interface_open(nullptr, nullptr, 0), "/dev/xen/privcmd")},
      _channels{opened(xenevtchn_open(nullptr, 0), "/dev/xen/evtchn")},
      _grants{opened(xengnttab_open(nullptr, 0), "/dev/xen/gntdev")} {
    int scheduler = 0;
    if (xc_sched_id(_control.get(), &scheduler) != 0)
        throw Xen_error{std::string{"Xen does not tell its scheduler: "} + std::strerror(errno)};
    if (scheduler != XEN_SCHEDULER_CREDIT2)
        throw Xen_error{"Xen's scheduler is not credit2, whose weights and caps coopd sets"};
    int const descriptor = xenevtchn_fd(_channels.get());
    int const flags = fcntl(descriptor, F_GETFL);
    fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

void Real_xen::fill(Domain_facts& facts, xc_domaininfo_t const& info) {
    facts.number = info.domain;
    static_assert(sizeof(facts.handle) == sizeof(info.handle));
    std::memcpy(facts.handle.data(), &info.handle, sizeof(info.handle));
    facts.dying = (info.flags & XEN_DOMINF_dying) != 0;
    facts.ended = (info.flags & XEN_DOMINF_shutdown) != 0;
    facts.pool = info.cpupool;
    facts.waited = 0;
    facts.vcpus.resize(std::min(info.max_vcpu_id + 1, most_vcpus));
    if (info.domain == 0)
        return fill_own(facts);
    if (facts.dying)
        return facts.vcpus.assign(facts.vcpus.size(), {});
    if (facts.vcpus.size() != 1)
        return ask(facts);
    // Of one VCPU the list tells all.
    facts.vcpus.front() = {info.cpu_time, info.nr_online_vcpus != 0,
                           (info.flags & XEN_DOMINF_blocked) != 0};
}

// Of its own domain Xen tells more, in as many calls.
void Real_xen::fill_own(Domain_facts& facts) {
    for (uint32_t i = 0; i < facts.vcpus.size(); ++i) {
        std::optional<vcpu_runstate_info> const state = _states.of(i);
        if (!state) {
            facts.vcpus[i] = {};
            continue;
        }
        facts.waited += state->time[RUNSTATE_runnable];
        facts.vcpus[i] = {state->time[RUNSTATE_running], state->state != RUNSTATE_offline,
                          state->state == RUNSTATE_blocked};
    }
}

// Answered when the census is run.
void Real_xen::ask(Domain_facts& facts) {
    for (uint32_t i = 0; i < facts.vcpus.size(); ++i)
        _census.add(facts.number, i, facts.vcpus[i]);
}

void Real_xen::vcpus(Domain_facts& facts) {
    ask(facts);
    _census.run();
}

void Real_xen::list() {
    size_t count = 0;
    for (uint32_t first = 0; count < most_domains;) {
        _infos.resize(count + listed_at_once);
        int const found =
            xc_domain_getinfolist(_control.get(), first, listed_at_once, _infos.data() + count);
        if (found < 0)
            throw Xen_error{std::string{"Xen does not list its domains: "} + std::strerror(errno)};
        count += static_cast<uint32_t>(found);
        if (static_cast<uint32_t>(found) < listed_at_once)
            break;
        first = _infos[count - 1].domain + 1U;
    }
    _infos.resize(std::min(count, most_domains));
}

void Real_xen::domains(std::vector<Domain_facts>& facts) {
    list();
    facts.resize(_infos.size());
    for (size_t i = 0; i < facts.size(); ++i)
        fill(facts[i], _infos[i]);
    _census.run();
}

uint32_t Real_xen::pool_processors() {
    xc_cpupoolinfo_t* const info = xc_cpupool_getinfo(_control.get(), _pool);
    if (info == nullptr || info->cpupool_id != _pool) {
        xc_cpupool_infofree(_control.get(), info);
        throw Xen_error{"there is no pool of processors " + std::to_string(_pool)};
    }
    uint32_t count = 0;
    for (int i = 0; i < xc_get_cpumap_size(_control.get()); ++i)
        count += static_cast<uint32_t>(std::popcount(info->cpumap[i]));
    xc_cpupool_infofree(_control.get(), info);
    return count;
}

std::optional<Weight> Real_xen::weight(Domain_number domain) {
    xen_domctl_sched_credit2 found{};
    if (xc_sched_credit2_domain_get(_control.get(), domain, &found) != 0)
        return std::nullopt;
    return Weight{found.weight, found.cap};
}

bool Real_xen::set_weight(Domain_number domain, Weight weight) {
    xen_domctl_sched_credit2 wanted{static_cast<uint16_t>(weight.weight),
                                    static_cast<uint16_t>(weight.cap)};
    return xc_sched_credit2_domain_set(_control.get(), domain, &wanted) == 0;
}

std::optional<uint32_t> Real_xen::rate_limit() {
    xen_sysctl_credit2_schedule found{};
    if (xc_sched_credit2_params_get(_control.get(), _pool, &found) != 0)
        return std::nullopt;
    return found.ratelimit_us;
}

bool Real_xen::set_rate_limit(uint32_t microseconds) {
    xen_sysctl_credit2_schedule wanted{microseconds};
    return xc_sched_credit2_params_set(_control.get(), _pool, &wanted) == 0;
}

void* Real_xen::map(Domain_number domain, Grant grant, bool writable) {
    int const rights = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    return xengnttab_map_grant_ref(_grants.get(), domain, grant, rights);
}

void Real_xen::unmap(void* page) { xengnttab_unmap(_grants.get(), page, 1); }

std::optional<Port> Real_xen::bind(Domain_number domain, Port remote) {
    xenevtchn_port_or_error_t const port =
        xenevtchn_bind_interdomain(_channels.get(), domain, remote);
    return port < 0 ? std::nullopt : std::optional{static_cast<Port>(port)};
}

void Real_xen::unbind(Port port) { xenevtchn_unbind(_channels.get(), port); }

void Real_xen::notify(Port port) { xenevtchn_notify(_channels.get(), port); }

std::optional<Port> Real_xen::pending() {
    xenevtchn_port_or_error_t const port = xenevtchn_pending(_channels.get());
    return port < 0 ? std::nullopt : std::optional{static_cast<Port>(port)};
}

void Real_xen::unmask(Port port) { xenevtchn_unmask(_channels.get(), port); }

} // namespace lavandin::coopd
