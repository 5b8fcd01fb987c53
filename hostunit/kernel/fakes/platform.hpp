// SPDX-License-Identifier: MIT
// The rest of the machine: clock, timers, interrupt lines, console, processors. It records what the
// kernel does to it and fails when a test says so.
#pragma once

#include "strands.hpp"
#include <arch/interrupts.hpp>
#include <functional>
#include <kernel/types.hpp>
#include <lavandin/abi/process.hpp>
#include <map>
#include <string>

namespace kernel {
class Processor;
class Thread;
} // namespace kernel

namespace fake {

// Where the kernel does not return.
struct Idle {};
struct User {};
struct Stopped {};
struct Ended {
    lavandin::abi::Shutdown reason;
};

// What one processor has.
struct One_processor {
    kernel::Processor* self{nullptr};
    kernel::Time programmed{kernel::never};
    kernel::Thread* loaded{nullptr}; // whose registers the next exit restores
    uint64_t thread_pointer{0};
    bool kicked{false}; // since it took its last event
    unsigned kicks{0};  // in all
    bool up{false};     // it was started and has not stopped

    // The FPU has one register; where it is in memory is at the begin of a thread's state.
    uint64_t fpu{0};
    void* fpu_loaded{nullptr};
    void* fpu_saved{nullptr};
};

struct Platform {
    kernel::Time now{1'000'000};
    One_processor each[machine_processors];
    bool processors_fail{false}; // to start
    uint64_t fpu_states{0};
    uint64_t stack_begin{0};   // of the entry to the kernel
    uint64_t deepest_stack{0}; // bytes below it, when a frame was unmapped

    bool has_console{true};
    std::string console; // what was written
    std::string typed;   // what can be read

    std::map<arch::Line, bool> masked;
    std::map<arch::Line, unsigned> raised;
    std::map<arch::Line, uint32_t> routed;               // to which processor
    std::map<arch::Line, arch::Machine_number> channels; // and to which machine
    unsigned most_channels{8};
    bool channels_supported{true};

    uint64_t maps_until_failure{0}; // of map_frame; 0: none fails

    uint64_t steps{0};                   // preemption points that the kernel came to
    std::function<void()> between_steps; // what happens there

    std::function<void()> during_yield; // what others do, once
};

// Holds the clock page; none of the pool's.
inline constexpr kernel::Pfn clock_frame{2};

Platform& platform();
inline One_processor& own() { return platform().each[strands().executing()]; }

} // namespace fake
