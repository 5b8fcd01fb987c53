// SPDX-License-Identifier: MIT
// Entering the kernel and leaving it.
#include "framework/test.hpp"

#include <lavandin/enter_kernel.hpp>

namespace {

using namespace conformance;

Error enter(uint64_t number) {
    Registers registers{};
    return enter_kernel(static_cast<System_call>(number), registers);
}

TEST(null, does_nothing) { EXPECT_OK(null); }

TEST(null, leaves_arguments_alone) {
    Registers registers{{1, 2, 3, 4, 5, 6}};
    EXPECT_EQUAL(enter_kernel(System_call::null, registers), Error::none);
    for (unsigned i = 0; i < 6; ++i)
        EXPECT_EQUAL(registers.word[i], i + 1);
}

TEST(null, unknown_numbers_are_refused) {
    for (uint64_t const number :
         {uint64_t{12}, uint64_t{15}, uint64_t{23}, uint64_t{47}, uint64_t{111}, uint64_t{255},
          uint64_t{1} << 31, uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0}})
        EXPECT_EQUAL(enter(number), Error::no_such_system_call);
}

} // namespace
