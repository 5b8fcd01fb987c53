// SPDX-License-Identifier: MIT
// What there is to ask the memory server beside allocate_memory() (mapping.hpp).
#pragma once

#include <lavandin/call.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/memory_protocol.hpp>

namespace lavandin {

// Errors: those of endpoint_call.
inline Result<memory_protocol::Totals>
memory_totals(Capability_index endpoint = environment().capability("memory")) {
    Call call{endpoint, memory_protocol::Label::totals};
    return TRY(call.send_again()).object<memory_protocol::Totals>();
}

} // namespace lavandin
