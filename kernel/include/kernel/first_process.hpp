// SPDX-License-Identifier: MIT
// The first process: laid out ready to map in the boot image, given every capability there is.
#pragma once

#include <kernel/boot.hpp>
#include <kernel/quota.hpp>

namespace kernel {

// Panics with a clear message when the boot image is missing or malformed: there is nobody else to
// tell. Errors: quota_exceeded, out_of_memory.
Result<void> start_first_process(Boot const& boot, Ref<Quota> const& quota);

} // namespace kernel
