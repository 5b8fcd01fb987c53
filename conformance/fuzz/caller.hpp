// SPDX-License-Identifier: MIT
// A process that makes system calls at random, in several threads, until it has made as many as the
// record asks for, or has ended itself by one of them.
#pragma once

#include "framework/child.hpp"
#include "fuzz/record.hpp"

namespace conformance {

// Statuses with which such a process ends when none of its calls ends it.
inline constexpr uint64_t fuzz_done = 0xd00e;
inline constexpr uint64_t fuzz_stuck = 0x57cc; // all threads waited for what never came

// Run in a child (Child::start) that has the record mapped.
void call_at_random(Words const&);

} // namespace conformance
