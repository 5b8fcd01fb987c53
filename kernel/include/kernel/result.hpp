// SPDX-License-Identifier: MIT
// The kernel's name for the result type that it shares with user code.
#pragma once

#include <lavandin/abi/result.hpp>

namespace kernel {

using lavandin::abi::Error;
using lavandin::abi::Result;

namespace abi = lavandin::abi;

} // namespace kernel
