// SPDX-License-Identifier: MIT
#pragma once

#include <arch/registers.hpp>
#include <kernel/log.hpp>

namespace kernel {

// All registers, four in a line. Indented lines are details: the log server keeps them off the
// console.
inline void log_registers(arch::Registers const& registers) {
    registers.for_each_four(
        [](auto... fields) { log("  {} {x}  {} {x}  {} {x}  {} {x}", fields...); });
}

} // namespace kernel
