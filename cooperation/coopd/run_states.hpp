// SPDX-License-Identifier: MIT
// Run states of dom0's own VCPUs, by VCPUOP_get_runstate_info (xen/vcpu.h): in which state each is,
// since when, and how long it was in each. Xen tells that of no other domain.
#pragma once

#include "closer.hpp"
#include "xen_headers.hpp"
#include "xen_side.hpp"

#include <memory>
#include <optional>

namespace lavandin::coopd {

class Run_states {
public:
    Run_states();
    ~Run_states();
    Run_states(Run_states const&) = delete;
    Run_states& operator=(Run_states const&) = delete;

    // Nothing where there is no such VCPU.
    std::optional<vcpu_runstate_info> of(uint32_t vcpu);

private:
    std::unique_ptr<xencall_handle, Closer<xencall_close>> _call;
    vcpu_runstate_info* _buffer{nullptr};
};

} // namespace lavandin::coopd
