// SPDX-License-Identifier: MIT
// What every thread has of its own, found through the thread pointer (FS:0 on x86-64).
#pragma once

#include <lavandin/abi/capability.hpp>
#include <lavandin/abi/message.hpp>

#include <stddef.h>
#include <stdint.h>

struct _reent; // newlib's state of a thread

namespace lavandin {

// Modules whose thread-locals one thread can hold: one per image in its address space.
inline constexpr size_t maximum_modules = 16;

// The first two members are read by assembly and by every image of an address space: their place
// is fixed.
struct Thread_control_block {
    Thread_control_block* self{this};
    abi::Message_buffer* message_buffer{nullptr};
    struct _reent* reent{nullptr};
    abi::Capability_index wake_notification{0}; // Waker's, see waker.hpp; 0 until there are threads
    abi::Capability_index wake_condition{0};    // the same object, with the condition's badge
    uint64_t wake_pending{0};                   // bits that came and were not yet waited for
    void* module_block[maximum_modules]{};      // thread-locals, by module number; [0] is unused
};

static_assert(offsetof(Thread_control_block, self) == 0);
static_assert(offsetof(Thread_control_block, message_buffer) == 8);

} // namespace lavandin
