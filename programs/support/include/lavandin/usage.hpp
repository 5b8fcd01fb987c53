// SPDX-License-Identifier: MIT
// What all programs do alike: usage errors and failures.
#pragma once

#include <lavandin/abi/error.hpp>
#include <stdint.h>

namespace lavandin {

inline constexpr int status_failed = 1;
inline constexpr int status_usage = 2;

// Prints "usage: TEXT" and answers status_usage, for main() to return.
int usage(char const* text);

// Prints "NAME: WHAT: why" and answers status_failed, for main() to return.
int failed(char const* name, char const* what, abi::Error error);

// Reads a whole decimal number. False when `text` is anything else or above `maximum`.
bool read_number(char const* text, uint64_t maximum, uint64_t& value);

// Words for an error, for people.
char const* text_of(abi::Error error);

} // namespace lavandin
