// SPDX-License-Identifier: MIT
// The processor that executes this.
#pragma once

#include <arch/registers.hpp>
#include <kernel/result.hpp>
#include <kernel/types.hpp>
#include <lavandin/abi/accounting.hpp>
#include <lavandin/abi/clock_page.hpp>

namespace kernel {
class Processor;
class Thread;
} // namespace kernel

namespace arch {

inline constexpr uint32_t most_processors = lavandin::abi::Clock_page::most_processors;

kernel::Processor& current_processor();
void set_current_processor(kernel::Processor& processor);
uint32_t processor_number(); // from 0

// The next exit from the kernel goes to this thread.
void set_frame(Registers& frame);

// FS base of the current thread.
void load_thread_pointer(uint64_t base);

// Makes address space, thread pointer and FPU registers those of `next`. Those of the thread before
// are in memory then.
void switch_to(kernel::Thread& next);
// Registers that are not in memory yet are now, until the thread whose they are goes on here.
void save_state();
void resume_state();

// Waits on an empty stack for events. Handling one leads to kernel::events_handled.
[[noreturn]] void idle();

// Others may use the physical processor first; returns when it is ours again. No interrupt is taken
// meanwhile.
void yield();

// The processor enters the kernel soon (kernel::events_handled), unless it is there already.
void kick(uint32_t processor);

// Leaves to user mode without having come from there: the first time on this processor.
[[noreturn]] void enter_user();

struct Counters {
    uint64_t kernel_entries;
    uint64_t platform_calls;
    uint64_t table_switches;
    uint64_t events;
    uint64_t timer_interrupts;
};
Counters counters();
Counters counters(uint32_t processor);

// From now on the platform keeps its record of that processor there, for good.
void keep_run_state(uint32_t processor, lavandin::abi::Run_state& record);

uint32_t possible_processors();

// Starts another processor for the first time; it comes to kernel::processor_started. Errors:
// out_of_memory, refused (by the platform).
kernel::Result<void> start_processor(uint32_t number, kernel::Processor& processor);
// This one goes down, with its state in memory, until somebody restarts it: then it comes to
// kernel::processor_resumed.
[[noreturn]] void stop_processor();
bool restart_processor(uint32_t number);

} // namespace arch
