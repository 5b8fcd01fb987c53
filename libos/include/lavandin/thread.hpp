// SPDX-License-Identifier: MIT
// Thread: a kernel thread with a stack, thread-locals and newlib's state.
#pragma once

#include <lavandin/layout.hpp>
#include <lavandin/objects.hpp>

namespace lavandin {

struct Thread_options {
    uint64_t stack_bytes{layout::default_stack_bytes}; // a multiple of 4096
    uint64_t priority{default_priority};               // not above the creator's
};

// Lies at the upper end of the thread's stack; see thread.cpp.
struct Thread_area;

class Thread {
public:
    constexpr Thread() = default;
    Thread(Thread&& other) noexcept : _area{other._area} { other._area = nullptr; }
    Thread& operator=(Thread&& other) noexcept;
    // Waits for the thread to end.
    ~Thread() { join(); }

    // Runs `function(argument)` in a new thread of this process. The page below its stack stays
    // unmapped, so that an overflow faults. Errors: invalid_argument (stack size), those of
    // allocate_memory, memory_map, notification_create and thread_create, and out_of_memory when
    // there is no room in the window.
    static Result<Thread> start(void (*function)(void*), void* argument,
                                Thread_options options = {});

    bool valid() const { return _area != nullptr; }
    Kernel_thread const& kernel_thread() const;

    // Waits until the function has returned, then frees what the thread had. At once when there is
    // no thread.
    void join();

private:
    explicit Thread(Thread_area* area) : _area{area} {}

    Thread_area* _area{nullptr};
};

} // namespace lavandin
