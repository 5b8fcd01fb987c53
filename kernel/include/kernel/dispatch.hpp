// SPDX-License-Identifier: MIT
// From a system call's number to its handler. The definition is made from system_calls.toml.
#pragma once

namespace kernel {

class Thread;

void dispatch(Thread& caller);

} // namespace kernel
