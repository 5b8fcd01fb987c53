// SPDX-License-Identifier: MIT
// The log: messages of the kernel and of servers, with time and name. Answers carry an abi::Error.
#pragma once

#include <stdint.h>

namespace lavandin::log_protocol {

inline constexpr uint64_t maximum_bytes = 512; // of one message

enum class Label : uint32_t {
    // w0: bytes of text in the buffer, one line, no newline needed. Never waits. A client that
    // sends too many in a second loses some, which are counted.
    // Errors: invalid_argument (size).
    write = 1,
    // w0: position (0: the oldest). Answers w0: next position, w1: bytes of text in the buffer,
    // whole lines, 0 when there is no more. Text that was overwritten is skipped.
    read = 2,
};

} // namespace lavandin::log_protocol
