// SPDX-License-Identifier: MIT
#include "census.hpp"

#include <cerrno>
#include <cstring>
#include <new>

namespace lavandin::coopd {

namespace {

constexpr size_t pages(size_t bytes) { return (bytes + XC_PAGE_SIZE - 1) / XC_PAGE_SIZE; }

} // namespace

Census::Census() : _call{xencall_open(nullptr, 0)} {
    if (!_call)
        throw Xen_error{std::string{"/dev/xen/privcmd: "} + std::strerror(errno)};
    void* const memory = xencall_alloc_buffer_pages(_call.get(), pages(sizeof(Shared)));
    if (memory == nullptr)
        throw Xen_error{"no memory for hypercalls"};
    _shared = new (memory) Shared{};
}

Census::~Census() { xencall_free_buffer_pages(_call.get(), _shared, pages(sizeof(Shared))); }

void Census::add(Domain_number domain, uint32_t vcpu, Vcpu_facts& facts) {
    if (_count == most)
        run();
    xen_domctl& question = _shared->questions[_count];
    question = {};
    question.cmd = XEN_DOMCTL_getvcpuinfo;
    question.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    question.domain = domain;
    question.u.getvcpuinfo.vcpu = vcpu;
    multicall_entry_t& call = _shared->calls[_count];
    call = {};
    call.op = __HYPERVISOR_domctl;
    call.args[0] = reinterpret_cast<uintptr_t>(&question);
    _into[_count++] = &facts;
}

void Census::run() {
    if (_count == 0)
        return;
    if (xencall2(_call.get(), __HYPERVISOR_multicall, reinterpret_cast<uintptr_t>(_shared),
                 _count) != 0)
        throw Xen_error{std::string{"Xen does not tell of VCPUs: "} + std::strerror(errno)};
    for (size_t i = 0; i < _count; ++i) {
        auto const& told = _shared->questions[i].u.getvcpuinfo;
        bool const there = static_cast<long>(_shared->calls[i].result) == 0;
        *_into[i] =
            there ? Vcpu_facts{told.cpu_time, told.online != 0, told.blocked != 0} : Vcpu_facts{};
    }
    _count = 0;
}

} // namespace lavandin::coopd
