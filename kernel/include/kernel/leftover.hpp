// SPDX-License-Identifier: MIT
// What has to be taken apart and is too large for one go: a region's frames, a process, an
// endpoint's callers. It is taken apart in steps by the thread that caused it, at that thread's
// priority and in its time, before it goes on in user mode (kernel_work.hpp).
#pragma once

#include <kernel/list.hpp>

namespace kernel {

class Leftover : public List_link {
public:
    // One step. When nothing is left after it, this leaves the list it is in, and may be gone.
    virtual void take_apart() = 0;

protected:
    ~Leftover() = default;
};

using Leftovers = List<Leftover, Leftover>;

// The current thread takes it apart before anything else that it has left; what had it before has
// not any more. When no thread runs, this processor does.
void leave_behind(Leftover& leftover);

} // namespace kernel
