// SPDX-License-Identifier: MIT
// Endpoints by name, for what is not in the manifest. Answers carry an abi::Error as label.
#pragma once

#include <stdint.h>

namespace lavandin::names_protocol {

inline constexpr uint64_t maximum_name_bytes = 31;

enum class Label : uint32_t {
    // w0: bytes of the name, which is in the buffer; one transfer: the endpoint. A name that the
    // client has added before gets the new endpoint.
    // Errors: invalid_argument (name empty, too long or with bytes other than a-z 0-9 - .),
    // busy (taken by another), quota_exceeded (this client's entries), table_full.
    add = 1,
    // w0: bytes of the name, in the buffer. Answers with one transfer.
    // Errors: invalid_argument, not_mapped (no such name).
    find = 2,
    // w0: bytes of the name, in the buffer. Only by who added it.
    // Errors: invalid_argument, not_mapped, permission_denied.
    remove = 3,
    // w0: index, from 0. Answers w0: bytes of the name, in the buffer.
    // Errors: invalid_argument (no further name).
    list = 4,
};

} // namespace lavandin::names_protocol
