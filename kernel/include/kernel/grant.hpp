// SPDX-License-Identifier: MIT
// Giving a capability to a process: the one rule for copies and for transfers in messages.
#pragma once

#include <kernel/object.hpp>

namespace kernel {

class Process;

// Copies slot `index` of `from` to a free slot of `to`, with at most `permissions` and, unless it
// is 0, a new `badge`. Errors: invalid_capability, wrong_type (the type takes no badge),
// invalid_argument (it has a badge already, or no permission is left), peer_died (`to` has ended),
// table_full, quota_exceeded, out_of_memory.
Result<abi::Capability_index> grant(Process& from, abi::Capability_index index, Process& to,
                                    Permissions permissions, uint64_t badge);

} // namespace kernel
