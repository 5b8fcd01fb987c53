// SPDX-License-Identifier: MIT
// Kernel addresses for code that is loaded while the kernel runs.
#pragma once

#include <arch/address_space.hpp>

namespace arch {

inline constexpr uint64_t module_area_pages = 512;

// Page tables for all of it, once. Error: out_of_memory.
kernel::Result<void> prepare_module_area();

void* module_page(uint64_t page);
// Maps a frame, or changes the rights of the one that is there; never writable and executable.
void map_module_page(uint64_t page, kernel::Pfn frame, Rights rights);
// No processor reaches it any more when this returns.
void unmap_module_page(uint64_t page);

} // namespace arch
