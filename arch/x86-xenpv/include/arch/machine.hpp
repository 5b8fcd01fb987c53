// SPDX-License-Identifier: MIT
// Ending the machine, and looking at the stack.
#pragma once

#include <kernel/types.hpp>
#include <lavandin/abi/process.hpp>

namespace arch {

// A machine that cannot be turned off from here is restarted, which the console is told.
[[noreturn]] void shutdown(lavandin::abi::Shutdown reason);

// Calls `print(address)` for each return address on the kernel stack from `frame_pointer` on.
void backtrace(uint64_t instruction, uint64_t frame_pointer, void (*print)(uint64_t address));

} // namespace arch
