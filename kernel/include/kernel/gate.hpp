// SPDX-License-Identifier: MIT
// The way into the kernel. Each processor has a gate, a lock that it holds while it is inside:
//
//   shared      it holds its own gate. Others are inside at the same time; what they may touch
//               together has locks of its own. For what happens all the time: messages, signals,
//               sleep, switching threads.
//   exclusive   it holds all gates. Nobody else is inside: what creates, ends, revokes or cancels
//               finds everything at rest. For all the rest.
//
// Entering shared touches only what no other processor touches, so that independent work does not
// meet. Who waits for a gate sleeps (lock.hpp).
//
//   user mode --enter--> shared | exclusive --leave--> user mode, or idle
//        ^                                   |
//        +-------- interrupt() by whoever is exclusive: into the kernel, where it waits
#pragma once

#include <kernel/lock.hpp>

namespace kernel {

class Processor;

class Gate {
public:
    // This processor comes in. The gates of others are taken in the order of their numbers.
    static void enter_shared(Processor& self);
    static void enter_exclusive(Processor& self);
    // Gives its gate up for a moment: what was looked at must be looked at again.
    static void become_exclusive(Processor& self);
    // For who is exclusive: whoever waits comes in before this one goes on. What was looked at must
    // be looked at again then.
    static void give_way(Processor& self);
    // To user mode, or to idle.
    static void leave(Processor& self, bool to_user);

    // For who is exclusive: takes the gates of processors that have not run yet, so that there are
    // `count` of them from now on.
    static void admit(Processor& self, uint32_t count);

    // For who is exclusive: the processor has left user mode when this returns, and stays outside
    // of it (waiting for its gate) until the gates are opened.
    static void interrupt(Processor& other);

    bool exclusive() const { return _held != 0; }
    bool in_user_mode() const { return __atomic_load_n(&_in_user_mode, __ATOMIC_SEQ_CST); }

private:
    void arrive();

    Lock _lock;
    uint32_t _held{0}; // gates that this processor holds when it is exclusive
    bool _in_user_mode{false};
    uint32_t _interrupter{no_processor}; // whom to wake when user mode is left
    static constexpr uint32_t no_processor = ~uint32_t{0};
};

} // namespace kernel
