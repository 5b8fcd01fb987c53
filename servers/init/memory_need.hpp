// SPDX-License-Identifier: MIT
// How much memory init must have to start everything, known before it begins: a system that runs
// short half-way could only say what failed, not what would help. Pure logic.
#pragma once

#include "manifest.hpp"

namespace lavandin::init {

// One process to start: what init gives it, and what init itself pays for its image and stack.
struct Demand {
    Quota quota;
    uint64_t image_bytes{0};
};

// The bytes that init must have left so that it can meet all demands in their order. A share in
// percent is of what is left when its turn comes. Saturates when shares leave nothing.
uint64_t memory_needed(std::span<Demand const> demands);

} // namespace lavandin::init
