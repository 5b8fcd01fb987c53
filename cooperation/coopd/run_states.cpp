// SPDX-License-Identifier: MIT
#include "run_states.hpp"

#include <cerrno>
#include <cstring>

namespace lavandin::coopd {

Run_states::Run_states() : _call{xencall_open(nullptr, 0)} {
    if (!_call)
        throw Xen_error{std::string{"/dev/xen/privcmd: "} + std::strerror(errno)};
    _buffer = static_cast<vcpu_runstate_info*>(
        xencall_alloc_buffer(_call.get(), sizeof(vcpu_runstate_info)));
    if (_buffer == nullptr)
        throw Xen_error{"no memory for hypercalls"};
}

Run_states::~Run_states() { xencall_free_buffer(_call.get(), _buffer); }

std::optional<vcpu_runstate_info> Run_states::of(uint32_t vcpu) {
    int const status = xencall3(_call.get(), __HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, vcpu,
                                reinterpret_cast<uintptr_t>(_buffer));
    return status < 0 ? std::nullopt : std::optional{*_buffer};
}

} // namespace lavandin::coopd
