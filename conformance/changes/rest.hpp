// SPDX-License-Identifier: MIT
// When what the machine's start has caused is over.
#pragma once

#include <framework/counters.hpp>

namespace changes {

using namespace lavandin;

// Also what servers have to say to the store, where there is one. Errors: those of
// conformance::count_at_rest.
Result<conformance::Counters> count_at_rest();

} // namespace changes
