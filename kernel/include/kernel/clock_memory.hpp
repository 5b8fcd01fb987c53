// SPDX-License-Identifier: MIT
// The clock page as an object that everybody may have, for reading. There is one, and it stays.
#pragma once

#include <kernel/memory.hpp>

namespace kernel {

// Once, at start. Errors: quota_exceeded, out_of_memory.
Result<void> start_clock_memory(Ref<Quota> const& quota);

Memory& clock_memory();

} // namespace kernel
