// SPDX-License-Identifier: MIT
// What tests ask of the suite: to end the processes they make, should they not come to it.
#pragma once

#include <stdint.h>

namespace conformance::supervisor_protocol {

// transfers a Process; answers w0: ticket
inline constexpr uint32_t adopt = 1;
// w0: ticket
inline constexpr uint32_t release = 2;

} // namespace conformance::supervisor_protocol
