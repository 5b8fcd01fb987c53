// SPDX-License-Identifier: MIT
// The errors that system calls answer with. Shared by kernel and user code.
#pragma once

#include <stdint.h>

namespace lavandin::abi {

// Numbers are part of the binary interface: append only.
enum class Error : uint64_t {
    none = 0,
    no_such_system_call = 1, // the number is not in the table
    invalid_capability = 2,  // the slot is empty or lies outside the table
    wrong_type = 3,          // the slot holds another type of object
    permission_denied = 4,   // the capability lacks a permission that the call needs
    invalid_argument = 5,    // a value is out of its documented range or misaligned
    quota_exceeded = 6,      // the owner's quota does not cover the new memory
    out_of_memory = 7,       // the machine has no free frame left
    table_full = 8,          // no free capability slot
    already_mapped = 9,      // part of the range is mapped already
    not_mapped = 10,         // part of the range is not mapped
    peer_died = 11,          // the other side of a call went away before it answered
    timed_out = 12,          // the deadline passed first
    busy = 13,               // the object is in use in a way that excludes this call
    too_large = 14,          // the message or transfer is larger than the receiver accepts
    not_supported = 15,      // this platform does not have what was asked for
    no_caller = 16,          // the reply object holds nobody who waits for an answer
    no_processor = 17,       // none of the processors that may run the thread takes threads
    wrong_state = 18,        // the object is in a state in which this cannot be done
    pinned = 19,             // a thread cannot do without it
    refused = 20,            // what the machine runs on refuses
    cancelled = 21,          // somebody took back what was under way
    end = 22,                // one past the last; never answered
};

} // namespace lavandin::abi
