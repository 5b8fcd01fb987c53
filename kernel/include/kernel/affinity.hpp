// SPDX-License-Identifier: MIT
// Threads that not every processor may run. Each of them is guarded by one processor that takes
// threads and may run it; that one must find another guardian before it stops taking threads. So
// only the threads that are concerned are looked at, and none is ever without a place.
#pragma once

#include <kernel/list.hpp>
#include <kernel/result.hpp>
#include <stdint.h>

namespace kernel {

class Processor;
class Thread;

struct Guard_tag : List_link {}; // its guardian's list

// For who is exclusive: the thread runs on `processors` only, from now on.
// Error: no_processor (none of them takes threads); nothing changes then.
Result<void> set_affinity(Thread& thread, uint64_t processors);
// Of a new thread that another one made; always possible.
void inherit_affinity(Thread& thread, Thread const& maker);
// Threads that count on `leaving` count on one of `others` from now on. Nullptr, or a thread that
// cannot.
Thread* move_guards(Processor& leaving, uint64_t others);
// The thread has ended.
void forget_affinity(Thread& thread);

} // namespace kernel
