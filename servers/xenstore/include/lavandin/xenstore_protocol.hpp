// SPDX-License-Identifier: MIT
// Xen's store for clients. Whoever has the endpoint sees what this domain may see there; changing
// it needs a role. Answers carry an abi::Error as label.
//
// A request is a text `path` (w0: its bytes), a text `value` (w1: its bytes) and w2; what a label
// does not mention is empty. Both texts lie in the buffer, each padded to whole words: together at
// most maximum_bytes. An answer is a text (w0: its bytes) of at most as many, and w1. A path is
// absolute, or relative to the domain's own folder.
//
// Any request that asks the store may also fail with: timed_out (no answer in answer_seconds; what
// was asked for may have been done), busy (too many requests, or the connection is being mended),
// invalid_argument (not a path, or refused by the store), permission_denied (by the store),
// not_mapped (no such node), too_large, quota_exceeded and out_of_memory (of the store),
// not_supported (another error of the store).
#pragma once

#include <stdint.h>

namespace lavandin::xenstore_protocol {

inline constexpr uint64_t maximum_bytes = 2048;
inline constexpr uint64_t maximum_watch_path = 128;
inline constexpr uint64_t maximum_client_watches = 8;
inline constexpr uint64_t maximum_client_transactions = 2;
inline constexpr uint64_t maximum_client_requests = 4; // at a time
inline constexpr uint64_t answer_seconds = 5;

enum class Label : uint32_t {
    // Answers w1: 1 when the connection works, 0 when it is being mended. Never asks the store.
    status = 1,
    // path; w2: transaction or 0. Answers the value. A value that is larger than maximum_bytes is
    // too_large; there is no way to read it in parts.
    read = 2,
    // path, value; w2: transaction or 0. Makes the node, and those above it. Needs role_change.
    write = 3,
    // path; w2: transaction or 0. Needs role_change.
    make_directory = 4,
    // path; w2: transaction or 0. Removes the node and all below it. Needs role_change.
    remove = 5,
    // path; w2: transaction or 0. Answers the names below, each ended by a NUL.
    list = 6,
    // path (at most maximum_watch_path); w2: token, any number. One transfer: a notification that
    // is
    // signalled when there is an event. The first event comes at once. Tokens are the client's own:
    // others neither see nor use them.
    // Errors: already_mapped (the token is in use), table_full (too many watches), too_large.
    watch = 7,
    // w2: token. What has not been fetched of its events is lost. Errors: not_mapped (no such
    // watch), busy (it is not set yet, or not again after the server's death).
    unwatch = 8,
    // Answers a path and w1: the token of the watch: the node or something below it has changed.
    // When events come faster than they are fetched, several become one with the watch's own path.
    // Never asks the store. Errors: not_mapped (there is no event now).
    next_event = 9,
    // Answers w1: a transaction, this client's own. Errors: table_full (too many).
    begin = 10,
    // w2: transaction, which ends. Errors: busy (others changed the same; do it all again),
    // not_mapped (no such transaction).
    commit = 11,
    // w2: transaction, which ends without effect. Errors: not_mapped.
    abort = 12,
};

// Roles in a client's badge, from bit 32 on (see init_protocol.hpp).
inline constexpr uint64_t role_change = 1;

} // namespace lavandin::xenstore_protocol
