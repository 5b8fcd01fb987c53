// SPDX-License-Identifier: MIT
// Processors for clients: which there are, and having them start, park, unpark and stop.
// Answers carry an abi::Error as label.
#pragma once

#include <lavandin/abi/processor.hpp>

namespace lavandin::resource_manager_protocol {

inline constexpr uint64_t maximum_processors = 64;
inline constexpr uint64_t maximum_client_requests = 4; // that wait, at a time

enum class Label : uint32_t {
    // w0: number. Answers an Entry in the buffer.
    // Errors: invalid_argument (not below maximum_processors).
    list = 1,
    // w0: number, w1: deadline (nanoseconds of the clock, or `forever`). Each answers an Outcome in
    // the buffer once it has happened, is refused, or the deadline has passed; then, and when the
    // client ends, a park or stop is taken back. Need role_control.
    // Errors: permission_denied, invalid_argument (not below maximum_processors), quota_exceeded
    // (the client waits for too many).
    start = 2,
    park = 3,
    stop = 4,
    // w0: number. Also takes back a park or stop that is under way; whoever asked for that gets
    // `cancelled`. Answers an Outcome at once.
    // Errors: as above.
    unpark = 5,
};

// Roles in a client's badge, from bit 32 on (see init_protocol.hpp).
inline constexpr uint64_t role_control = 1;

// The thread that may run nowhere else.
struct Obstacle {
    uint64_t process; // as init numbers them; 0: init does not know it (any more)
    uint64_t thread;  // as thread_information tells it
    char name[16];    // the process's, NUL-padded
};

// `error`: none, or one of processor_control's: wrong_state, busy, no_processor (it is the last
// one), pinned (`obstacle` says by whom), not_supported (stop: it is the first one), refused (by
// the platform), cancelled, timed_out.
struct Outcome {
    uint64_t error; // abi::Error
    Obstacle obstacle;
};

enum class Availability : uint64_t {
    unknown = 0, // whoever runs this machine has not said
    online = 1,
    offline = 2,
};

struct Entry {
    abi::Processor_information information;
    uint64_t asked;   // Availability: what whoever runs this machine asked for last
    uint64_t waiting; // 1: that has not been done yet, and is tried again
    // The last transition that was refused, if none succeeded since.
    uint64_t refused_action; // abi::Processor_action
    Outcome refusal;
};

} // namespace lavandin::resource_manager_protocol
