// SPDX-License-Identifier: MIT
// A system call in steps: what it has done so far and has yet to do. It lies in its thread
// (kernel_work.hpp), so that beginning one never lacks memory.
//
// Between two steps any other thread may do anything: a step takes for granted only what the
// operation itself keeps, by references, and leaves all structures as any call may find them.
#pragma once

#include <kernel/placement_new.hpp>
#include <kernel/types.hpp>

namespace kernel {

class Thread;

class Operation {
public:
    static constexpr uint64_t most_bytes = 208;

    // One step. False when it was the last: the thread has its answer then.
    virtual bool step(Thread& caller) = 0;
    // The thread will not go on with it. One step of taking back what nobody would answer for;
    // false when nothing is left.
    virtual bool undo() { return false; }
    // Drops what it keeps.
    virtual void end() = 0;

protected:
    ~Operation() = default;
};

} // namespace kernel
