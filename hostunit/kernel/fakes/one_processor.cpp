// SPDX-License-Identifier: MIT
// For tests of logic that has locks but no machine: there is one thread, and whoever waits for a
// lock holds it already.
#include <arch/processor.hpp>
#include <arch/spin.hpp>
#include <cstdio>
#include <cstdlib>

uint32_t arch::processor_number() { return 0; }

void arch::relax() {}
void arch::prepare_to_wait() {}
void arch::wake(uint32_t) {}

void arch::wait() {
    std::fputs("a lock is taken twice\n", stderr);
    std::abort();
}
