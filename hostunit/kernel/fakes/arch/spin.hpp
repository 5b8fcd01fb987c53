// SPDX-License-Identifier: MIT
// Waiting gives way to the other processors of the fake machine (fakes/strands.hpp).
#pragma once

#include <cstdint>

namespace arch {

void relax();
void prepare_to_wait();
void wait();
void wake(uint32_t processor);

} // namespace arch
