// SPDX-License-Identifier: MIT
// Making an object in memory that is there already. The kernel has no standard library; a build
// that has one puts a header in this one's place.
#pragma once

#include <stddef.h>

inline void* operator new(size_t, void* place) noexcept { return place; }
