// SPDX-License-Identifier: MIT
// What arch/ found out at start of day, and the kernel's entry.
#pragma once

#include <arch/interrupts.hpp>
#include <kernel/fault.hpp>
#include <kernel/types.hpp>

namespace kernel {

struct Frame_range {
    Pfn begin;
    Pfn end;
};

struct Device {
    Pfn frame{no_frame}; // shared with the other side, or no_frame
    arch::Line line{arch::no_line};
};

struct Boot {
    Frame_range ranges[4]; // free memory
    unsigned range_count{0};
    uint64_t frames;       // all frames have numbers below
    uint64_t total_frames; // that the machine gave us
    Frame_range boot_image;
    void const* boot_image_address;
    uint64_t boot_image_bytes; // 0 when there is none
    char const* command_line;
    Device console;
    Device store;
};

[[noreturn]] void start(Boot const& boot);

// A further processor has come up for the first time, or again after arch::stop_processor.
[[noreturn]] void processor_started();
[[noreturn]] void processor_resumed();

// Upcalls from arch/, on an empty kernel stack: first this one, then each event, then
// events_handled().
void events_begin();
void interrupt_arrived(arch::Line line);
void timer_arrived();
// After all pending events: leaves a thread to run, or does not return (idle).
void events_handled();

// The current thread caused it.
void thread_faulted(Fault const& fault);

// For the kernel's last words: whose thread is the current one.
void log_current_process();

} // namespace kernel
