// SPDX-License-Identifier: MIT
// What every thread has of its own, found through the thread pointer (FS:0 on x86-64).
//
//   FS -> Thread_control_block      one per thread, in memory of its own process
//           parts[module] -> Thread_part    one per member of the group in which it executes
//
// A call to another member of the group enters no kernel, so that the thread pointer stays; images
// find their part by their module number, which is the member's. The image of a process that is
// alone has number 1.
#pragma once

#include <lavandin/abi/capability.hpp>
#include <lavandin/abi/group.hpp>
#include <lavandin/abi/message.hpp>

#include <stddef.h>
#include <stdint.h>

struct _reent; // newlib's state of a thread

namespace lavandin {

// Images whose thread-locals one thread can hold, and one: numbers begin with 1.
inline constexpr size_t maximum_modules = abi::largest_group + 1;
inline constexpr size_t lone_module = 1;

// What a thread has in one process: its own one or one that it visits.
struct Thread_part {
    void* thread_locals{nullptr};
    struct _reent* reent{nullptr};
    abi::Capability_index wake_notification{0}; // Waker's, see waker.hpp; 0 until there are threads
    abi::Capability_index wake_condition{0};    // the same object, with the condition's badge
    uint64_t wake_pending{0};                   // bits that came and were not yet waited for
};

// Its layout is the same for all images of a group; gates in assembly read the first two members.
struct Thread_control_block {
    Thread_control_block* self{this};
    abi::Message_buffer* message_buffer{nullptr};
    Thread_part* parts[maximum_modules]{};
    Thread_part own; // in the process that it belongs to

    constexpr Thread_control_block() { parts[lone_module] = &own; }
    Thread_control_block(Thread_control_block const&) = delete;
    Thread_control_block& operator=(Thread_control_block const&) = delete;

    // The process that it belongs to has this number.
    void belong_to(size_t module) {
        parts[lone_module] = nullptr;
        parts[module] = &own;
    }
};

static_assert(offsetof(Thread_control_block, self) == 0);
static_assert(offsetof(Thread_control_block, message_buffer) == 8);

} // namespace lavandin
