// SPDX-License-Identifier: MIT
// Reaching the contents of frames. The kernel maps a frame only while it needs it.
#pragma once

#include <kernel/result.hpp>
#include <kernel/types.hpp>

namespace arch {

// Maps a frame writable into the kernel's window. Error: out_of_memory (no frame for a table).
kernel::Result<void*> map_frame(kernel::Pfn frame);
void unmap_frame(kernel::Pfn frame);

// Where map_frame puts a frame, and back.
void* frame_address(kernel::Pfn frame);
kernel::Pfn frame_of(void const* address);

// These work on frames that are mapped nowhere in the kernel.
void clear_frame(kernel::Pfn frame);
void copy_frame(kernel::Pfn to, kernel::Pfn from);

// Until the frame pool is ready map_frame takes the frames it needs for tables from `first` on, at
// most `most_spare_frames`.
inline constexpr uint64_t most_spare_frames = 64;
void take_spare_frames_from(kernel::Pfn first);
kernel::Pfn first_untaken_spare_frame();

} // namespace arch
