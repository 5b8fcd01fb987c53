// SPDX-License-Identifier: MIT
// The kernel's window on frames, as far as only the port needs it.
#pragma once

#include <kernel/result.hpp>
#include <xenpv/frame_types.hpp>

namespace xenpv {

// Maps a frame with `flags` (entry_flag). Error: out_of_memory.
kernel::Result<void> map_in_window(Pfn frame, uint64_t flags);
// Like arch::unmap_frame, for a frame that was mapped read-only: a processor that remembers that
// would fault when the frame serves for something else. One that remembers a writable mapping does
// no harm: the same frame will be at that address again.
void unmap_everywhere(Pfn frame);

} // namespace xenpv
