// SPDX-License-Identifier: MIT
// What Xen counts of VCPUs, of many in one hypercall (__HYPERVISOR_multicall, xen/xen.h): a system
// call of a PV dom0 changes page tables twice, which costs more than what Xen does for the answer.
#pragma once

#include "closer.hpp"
#include "xen_headers.hpp"
#include "xen_side.hpp"

#include <array>
#include <memory>

namespace lavandin::coopd {

class Census {
public:
    Census();
    ~Census();
    Census(Census const&) = delete;
    Census& operator=(Census const&) = delete;

    // `facts` is filled by the time of run(). A VCPU that is not there counts as one that is down.
    void add(Domain_number domain, uint32_t vcpu, Vcpu_facts& facts);
    void run();

private:
    static constexpr size_t most = 64; // in one hypercall

    // What Xen reads and writes.
    struct Shared {
        std::array<multicall_entry_t, most> calls;
        std::array<xen_domctl, most> questions;
    };

    std::unique_ptr<xencall_handle, Closer<xencall_close>> _call;
    Shared* _shared{nullptr};
    std::array<Vcpu_facts*, most> _into{};
    size_t _count{0};
};

} // namespace lavandin::coopd
