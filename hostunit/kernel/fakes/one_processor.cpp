// SPDX-License-Identifier: MIT
// For tests of logic that has locks but no machine.
#include <arch/processor.hpp>

uint32_t arch::processor_number() { return 0; }
