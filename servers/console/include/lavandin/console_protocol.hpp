// SPDX-License-Identifier: MIT
// The console: text out, lines or keys in. Answers carry an abi::Error as label.
#pragma once

#include <stdint.h>

namespace lavandin::console_protocol {

inline constexpr uint64_t maximum_bytes = 2048; // of one message: 256 buffer words

enum class Label : uint32_t {
    // w0: bytes (up to maximum_bytes) of text in the buffer; w1: Write_flags. Waits until there is
    // room. A message is shown whole; when it does not begin where the same client's last one
    // ended, it begins on a new line. Answers w0: bytes taken, all or none; none means that room
    // has come by now and the client sends again.
    // Errors: invalid_argument (size), busy (write_now and no room; or too many writers wait, of
    // this client or in all).
    write = 1,
    // w0: bytes wanted (up to maximum_bytes). Waits for a line (cooked) or a key (raw). Answers
    // w0: bytes, w1: Read_outcome; text in the buffer.
    // Errors: invalid_argument (size), busy (two threads of this client wait already, or too many
    // clients do).
    read = 2,
    // w0: Mode. It holds until the client sets another or ends. Not for clients without input.
    // Errors: invalid_argument, permission_denied.
    set_mode = 3,
    // One transfer: a notification that Ctrl-C signals in cooked mode; w0: 0 to take it back. Only
    // role_control. Errors: permission_denied, invalid_argument (no notification).
    set_interrupt = 4,
    // Waits until the other side of the console has taken all text.
    // Errors: busy (too many wait for that).
    flush = 5,
};

enum Write_flags : uint64_t {
    write_now = 1, // do not wait for room
};

enum class Mode : uint64_t {
    cooked = 0, // lines: echo and editing while somebody reads; Ctrl-C, Ctrl-D
    raw = 1,    // every byte as it is typed, no echo; output is the same as in cooked mode
};

enum class Read_outcome : uint64_t {
    data = 0,
    end = 1,         // Ctrl-D at the beginning of a line, or a client without input
    interrupted = 2, // Ctrl-C
};

// Roles in a client's badge, from bit 32 on (see init_protocol.hpp).
inline constexpr uint64_t role_control = 1;
inline constexpr uint64_t role_no_input = 2;

} // namespace lavandin::console_protocol
