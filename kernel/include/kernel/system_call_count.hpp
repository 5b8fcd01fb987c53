// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

namespace kernel {

uint64_t system_call_count(); // since boot

} // namespace kernel
