// SPDX-License-Identifier: MIT
#include "real_clock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <numeric>

namespace lavandin::coopd {

namespace {

// Not adjusted by NTP, as Xen's is not.
uint64_t local() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return static_cast<uint64_t>(time.tv_sec) * second + static_cast<uint64_t>(time.tv_nsec);
}

vcpu_runstate_info run_state(xencall_handle* call) {
    auto* const buffer =
        static_cast<vcpu_runstate_info*>(xencall_alloc_buffer(call, sizeof(vcpu_runstate_info)));
    if (buffer == nullptr)
        throw Xen_error{"no memory for hypercalls"};
    int const status = xencall3(call, __HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0,
                                reinterpret_cast<uintptr_t>(buffer));
    vcpu_runstate_info const state = *buffer;
    int const error = errno;
    xencall_free_buffer(call, buffer);
    if (status < 0)
        throw Xen_error{std::string{"Xen does not tell the time: "} + std::strerror(error)};
    return state;
}

} // namespace

Real_clock::Real_clock() : _call{xencall_open(nullptr, 0)} {
    if (!_call)
        throw Xen_error{std::string{"/dev/xen/privcmd: "} + std::strerror(errno)};
    timespec const pause{.tv_sec = 0, .tv_nsec = static_cast<long>(200 * microsecond)};
    for (int i = 0; i < first_looks; ++i) {
        nanosleep(&pause, nullptr);
        calibrate();
    }
}

void Real_clock::calibrate() {
    uint64_t const before = local();
    vcpu_runstate_info const state = run_state(_call.get());
    uint64_t const after = local();
    Time const sum = std::accumulate(std::begin(state.time), std::end(state.time), Time{0});
    if (state.state_entry_time > sum)
        _made = std::max(_made, state.state_entry_time - sum);
    _local = before + (after - before) / 2;
    _system = _made + sum;
}

Time Real_clock::now() {
    if (local() - _local > calibrated_for)
        calibrate();
    uint64_t const time = local();
    Time const passed = time > _local ? time - _local : 0;
    _last = std::max(_last, _system + passed);
    return _last;
}

} // namespace lavandin::coopd
