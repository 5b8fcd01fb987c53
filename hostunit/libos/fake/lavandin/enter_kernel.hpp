// SPDX-License-Identifier: MIT
// Stands in front of libos's file of this name: system calls go to the fake kernel.
#pragma once

#include <lavandin/abi/error.hpp>
#include <lavandin/abi/system_call_numbers.hpp>

#include <stdint.h>

namespace lavandin {

struct Registers {
    uint64_t word[6];
};

abi::Error enter_kernel(abi::System_call call, Registers& registers);

} // namespace lavandin
