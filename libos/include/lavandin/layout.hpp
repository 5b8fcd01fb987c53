// SPDX-License-Identifier: MIT
// Where things lie in the address space of a process. In a member of a group all of it is moved to
// where the member's region begins.
//
//   0x10000000  image            text, constants, data (each from a page of its own)
//               environment      one page
//               message buffer   one page, of the first thread
//               clock page       one page, once the process has asked for the time
//               guard            one page that is never mapped
//               stack            of the first thread
//               guard            one page
//               heap             grows upwards, to 0x20000000
//   0x20000000  window           thread stacks, shared memory and whatever else is mapped
//   0x40000000  end
//
// All of it lies in one GiB and what a small process needs in one or two stretches of 2 MiB, each
// of which costs a page table.
#pragma once

#include <stdint.h>

namespace lavandin::layout {

inline constexpr uint64_t image_base = 0x1000'0000;
inline constexpr uint64_t heap_end = 0x2000'0000;
inline constexpr uint64_t window_begin = 0x2000'0000;
inline constexpr uint64_t window_end = 0x4000'0000;
inline constexpr uint64_t default_stack_bytes = 64 * 1024;

} // namespace lavandin::layout
