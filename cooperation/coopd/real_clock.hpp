// SPDX-License-Identifier: MIT
// Xen's system time, as a program in dom0 can learn it.
//
// No hypercall of stock Xen tells it to user space (XENPF_getidletime does only with
// `cpufreq=dom0-kernel`). But of each VCPU Xen says when it entered its run state (in system time)
// and how long it was in each state since it was made (xen/vcpu.h, vcpu_runstate_info). The sum of
// those is system time less the moment of making, and is exact; the moment of making is what is
// unknown, and constant:
//
//     entry <= now = made + sum     so   made >= entry - sum
//
// with equality when the state was entered just now. dom0's VCPU 0 enters a state whenever it goes
// to sleep or wakes, so the greatest difference of a few looks is right to some microseconds.
#pragma once

#include "run_states.hpp"

namespace lavandin::coopd {

class Real_clock {
public:
    explicit Real_clock(Run_states& states);

    Time now();

private:
    // Now and then: Linux's clock and Xen's may drift apart.
    void calibrate();

    static constexpr int first_looks = 32;
    static constexpr Time calibrated_for = second;

    Run_states& _states;
    Time _made{0};
    uint64_t _local{0}; // Linux's clock at the last calibration
    Time _system{0};    // and Xen's
    Time _last{0};      // time that was told never runs backwards
};

} // namespace lavandin::coopd
