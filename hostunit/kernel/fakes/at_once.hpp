// SPDX-License-Identifier: MIT
// The machine's processors all at once, each with a thread of its own, where a test wants that in
// place of strands.
#pragma once

#include <cstdint>
#include <kernel/types.hpp>

namespace fake {

class At_once {
public:
    At_once() = default;
    virtual ~At_once() = default;
    At_once(At_once const&) = delete;
    At_once& operator=(At_once const&) = delete;

    virtual uint32_t executing() const = 0; // the processor that the calling thread is
    virtual kernel::Time now() = 0;
    virtual void kick(uint32_t processor) = 0;
    virtual void relax() = 0;
    virtual void prepare_to_wait() = 0;
    virtual void wait() = 0;
    virtual void wake(uint32_t processor) = 0;
    // It has gone down; it is brought up again, once it is down.
    virtual void go_down() = 0;
    virtual void bring_up(uint32_t processor) = 0;
};

// Nullptr while they take turns. Changes while no other thread is there.
inline At_once* at_once = nullptr;

} // namespace fake
