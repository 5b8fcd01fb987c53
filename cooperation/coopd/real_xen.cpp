// SPDX-License-Identifier: MIT
#include "real_xen.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace lavandin::coopd {

namespace {

constexpr size_t most_domains = 1024; // as policy_state takes
constexpr uint32_t most_vcpus = 64;   // that anybody speaks of

template <class Handle>
Handle* opened(Handle* handle, char const* what) {
    if (handle == nullptr)
        throw Xen_error{std::string{what} + ": " + std::strerror(errno) +
                        " (coopd runs in dom0, as root)"};
    return handle;
}

// Of all processors of this Linux, as `steal` in /proc/stat: its VCPUs wanted to run and did not.
uint64_t stolen() {
    std::ifstream file{"/proc/stat"};
    std::string word;
    uint64_t ticks[8]{};
    file >> word;
    for (uint64_t& each : ticks)
        file >> each;
    return file ? ticks[7] * (second / static_cast<uint64_t>(sysconf(_SC_CLK_TCK))) : 0;
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
    facts.waited = info.domain == 0 ? stolen() : 0;
    facts.vcpus.resize(std::min(info.max_vcpu_id + 1, most_vcpus));
    for (uint32_t i = 0; i < facts.vcpus.size(); ++i) {
        xc_vcpuinfo_t vcpu{};
        // One that is not there yet, or went meanwhile, counts as one that is down.
        if (facts.dying || xc_vcpu_getinfo(_control.get(), info.domain, i, &vcpu) != 0)
            vcpu = {};
        facts.vcpus[i] = {vcpu.cpu_time, vcpu.online != 0, vcpu.blocked != 0};
    }
}

void Real_xen::domains(std::vector<Domain_facts>& facts) {
    _infos.resize(most_domains);
    int const count = xc_domain_getinfolist(_control.get(), 0, most_domains, _infos.data());
    if (count < 0)
        throw Xen_error{std::string{"Xen does not list its domains: "} + std::strerror(errno)};
    facts.resize(static_cast<size_t>(count));
    for (size_t i = 0; i < facts.size(); ++i)
        fill(facts[i], _infos[i]);
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

uint32_t Real_xen::rate_limit() {
    xen_sysctl_credit2_schedule found{};
    return xc_sched_credit2_params_get(_control.get(), _pool, &found) == 0 ? found.ratelimit_us : 0;
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
