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

} // namespace

Real_clock::Real_clock(Run_states& states) : _states{states} {
    timespec const pause{.tv_sec = 0, .tv_nsec = static_cast<long>(200 * microsecond)};
    for (int i = 0; i < first_looks; ++i) {
        nanosleep(&pause, nullptr);
        calibrate();
    }
}

void Real_clock::calibrate() {
    uint64_t const before = local();
    std::optional<vcpu_runstate_info> const state = _states.of(0);
    uint64_t const after = local();
    if (!state)
        throw Xen_error{std::string{"Xen does not tell the time: "} + std::strerror(errno)};
    Time const sum = std::accumulate(std::begin(state->time), std::end(state->time), Time{0});
    if (state->state_entry_time > sum)
        _made = std::max(_made, state->state_entry_time - sum);
    _local = before + (after - before) / 2;
    _system = _made + sum;
}

Time Real_clock::now() {
    uint64_t time = local();
    if (time - _local > calibrated_for) {
        calibrate();
        time = local();
    }
    Time const passed = time > _local ? time - _local : 0;
    _last = std::max(_last, _system + passed);
    return _last;
}

} // namespace lavandin::coopd
