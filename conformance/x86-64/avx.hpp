// SPDX-License-Identifier: MIT
// Whether programs may use AVX.
#pragma once

#include <stdint.h>

namespace conformance {

// What the processor has is not yet what Xen lets guests use (XCR0, Intel SDM 1, 13.3).
inline bool avx_usable() {
    constexpr uint32_t osxsave = 1 << 27, avx_state = 1 << 2;
    uint32_t eax = 1, ecx = 0, low = 0, high = 0;
    asm("cpuid" : "+a"(eax), "+c"(ecx)::"ebx", "edx");
    if ((ecx & osxsave) == 0)
        return false;
    asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & avx_state) != 0;
}

} // namespace conformance
