// SPDX-License-Identifier: MIT
// The console before and beside the console server: early messages, panics, and the platform's
// console of last resort.
#pragma once

#include <kernel/result.hpp>
#include <stdint.h>

namespace arch {

// Writes text, waiting for room if it must (not for ever).
void console_write(char const* text, uint64_t bytes);

// Only where the platform has a console that needs no ring. Errors: not_supported.
kernel::Result<uint64_t> platform_console_read(char* text, uint64_t bytes);
bool has_platform_console();

} // namespace arch
