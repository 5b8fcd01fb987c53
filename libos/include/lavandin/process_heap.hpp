// SPDX-License-Identifier: MIT
// Where this process's heap may grow. Called once at start.
#pragma once

#include <lavandin/environment.hpp>

namespace lavandin {

void initialise_heap(Address_range range);

} // namespace lavandin
