// SPDX-License-Identifier: MIT
// Instructions at random for a bare process: pieces that are worth trying (ingredients.S), some of
// them with a wrong byte, and plain noise. The seed decides.
#pragma once

#include "fuzz/random.hpp"
#include "x86-64/bare_process.hpp"

namespace conformance {

size_t ingredient_count();

// Fills the page; it begins with the ingredient of that number.
void make_soup(fuzz::Random& random, uint8_t* page, size_t first);

// Registers that hold numbers, addresses and nonsense; a stack that mostly is one; flags, selectors
// and FPU state as they may be loaded without a fault. Goes to the soup.
void make_state(fuzz::Random& random, Bare_state& state);

} // namespace conformance
