// SPDX-License-Identifier: MIT
// The xenstore server. So far it has no clients: it only obeys `control/shutdown`. Labels for
// reads, writes, watches and transactions will be added here.
#pragma once

#include <stdint.h>

namespace lavandin::xenstore_protocol {

enum class Label : uint32_t {
    // Answers w0: 1 when the connection works, 0 when it was lost.
    status = 1,
};

} // namespace lavandin::xenstore_protocol
