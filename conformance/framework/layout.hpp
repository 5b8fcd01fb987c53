// SPDX-License-Identifier: MIT
// Where the suite's processes have what, beside the image, whose place is the same in all of them.
#pragma once

#include <lavandin/abi/message.hpp>

#include <stdint.h>

namespace conformance::layout {

// The report (report.hpp) is at 0x40000000.
inline constexpr uint64_t buffer = 0x4001'0000; // message buffer of a child's first thread
inline constexpr uint64_t clock_page = 0x4001'2000;
inline constexpr uint64_t stack = 0x4002'1000; // of a child's first thread; guards around it
inline constexpr uint64_t stack_bytes = 64 * 1024;
inline constexpr uint64_t original = 0x4040'0000;   // for moments, while a child is made
inline constexpr uint64_t scratch = 0x4050'0000;    // the same; both within one page table
inline constexpr uint64_t free_begin = 0x5000'0000; // from here on: tests as they like

// Addresses that nobody had before in this process, with a page on each side that nobody will have.
uint64_t fresh_addresses(uint64_t bytes);

} // namespace conformance::layout
