// SPDX-License-Identifier: MIT
// Processes that fault, and what must be known about it afterwards.
#pragma once

#include "tests/common.hpp"

namespace conformance {

// Exceptions by vector.
namespace vector {
inline constexpr uint64_t divide_error = 0;
inline constexpr uint64_t debug = 1;
inline constexpr uint64_t breakpoint = 3;
inline constexpr uint64_t invalid_opcode = 6;
inline constexpr uint64_t stack_fault = 12;
inline constexpr uint64_t general_protection = 13;
inline constexpr uint64_t page_fault = 14;
inline constexpr uint64_t fpu_error = 16;
} // namespace vector

// Bits of a page fault's code.
namespace fault_code {
inline constexpr uint64_t present = 1;
inline constexpr uint64_t write = 2;
inline constexpr uint64_t user = 4;
inline constexpr uint64_t fetch = 16;
} // namespace fault_code

// Runs `function(words)` in a child, which must fault; answers how.
Result<Process_information> fault(void (*function)(Words const&),
                                  std::initializer_list<uint64_t> words = {});

// One or more exceptions.
class Vectors {
public:
    constexpr Vectors(uint64_t vector) : _bits{uint64_t{1} << vector} {}
    constexpr Vectors operator|(Vectors other) const { return both(_bits | other._bits); }
    constexpr bool have(uint64_t vector) const { return vector < 64 && (_bits >> vector & 1) != 0; }

    static constexpr Vectors any() { return both(~uint64_t{0}); }

private:
    static constexpr Vectors both(uint64_t bits) {
        Vectors vectors{0};
        vectors._bits = bits;
        return vectors;
    }

    uint64_t _bits;
};

// The child must fault with one of these.
void expect_fault(Place place, char const* what, void (*function)(Words const&), Vectors wanted);

} // namespace conformance

#define EXPECT_FAULT(wanted, ...)                                                                  \
    ::conformance::expect_fault(HERE, #__VA_ARGS__, __VA_ARGS__, (wanted))
