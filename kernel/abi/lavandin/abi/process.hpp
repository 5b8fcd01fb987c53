// SPDX-License-Identifier: MIT
// What a process finds at start, and what can be asked about processes and the system.
#pragma once

#include <lavandin/abi/capability.hpp>

namespace lavandin::abi {

// Slots that every process is born with.
inline constexpr Capability_index self_process = 1; // its own Process, all permissions

// User addresses: [user_begin, user_end), pages only.
inline constexpr uint64_t user_begin = 0x10000;
inline constexpr uint64_t user_end = 0x0000'7fff'ffff'f000;

inline constexpr uint64_t forever = ~uint64_t{0}; // deadline that never comes
inline constexpr uint64_t at_once = 0;            // deadline that has always passed

// Priorities: a higher number runs first. Threads of equal priority share by time slices.
inline constexpr uint64_t lowest_priority = 0;
inline constexpr uint64_t default_priority = 16;
inline constexpr uint64_t highest_priority = 31;

// Processors as a bit set: bit n stands for processor n.
inline constexpr uint64_t any_processor = ~uint64_t{0};

// process_create flags
inline constexpr uint64_t process_without_fpu = 1 << 0; // the image uses no x87, MMX, SSE or AVX

enum class Process_state : uint64_t { alive = 0, exited = 1, killed = 2, faulted = 3 };

// Written to the caller's message buffer by process_information.
struct Process_information {
    uint64_t state;  // Process_state
    uint64_t status; // exited, killed: the status given; faulted: the exception vector
    uint64_t fault_address;
    uint64_t fault_instruction;
    uint64_t fault_code;
    uint64_t quota_limit; // bytes; of a process that has ended only what is still in use
    uint64_t quota_used;  // bytes
    uint64_t threads;
    uint64_t processor_time; // nanoseconds
    uint64_t identifier;     // unique since boot
    char name[16];           // NUL-padded
    uint64_t member;         // Member_identity; of a process in no group its number is 0
    uint64_t region_begin;   // [begin, end) of the addresses that are its own
    uint64_t region_end;
};

// Written to the caller's message buffer by thread_information.
struct Thread_information {
    uint64_t identifier; // unique since boot
    uint64_t process;    // identifier of the one it belongs to
    uint64_t ended;      // 0 or 1
    uint64_t priority;   // that it runs at; also what it is lent
    uint64_t base_priority;
    uint64_t affinity;       // processors that may run it
    uint64_t processor;      // where it runs, is ready, or ran last
    uint64_t processor_time; // nanoseconds
    uint64_t switches;       // how often it began to run
};

// Written to the caller's message buffer by system_information. Counters run from boot.
struct System_information {
    uint64_t total_frames; // frames the machine gave us
    uint64_t free_frames;
    uint64_t kernel_frames;  // image, tables made at boot and the frame database
    uint64_t kernel_entries; // from user mode, of any kind
    uint64_t system_calls;
    uint64_t platform_calls; // to what the machine runs on
    uint64_t table_switches; // page-table base loads
    uint64_t events;         // upcalls taken
    uint64_t timer_interrupts;
    uint64_t thread_switches;
    uint64_t objects[object_types]; // live kernel objects, by Object_type
    // What the platform made of our processors, nanoseconds, all together.
    uint64_t running_time;
    uint64_t stolen_time; // ready to run, while others had the physical processor
    uint64_t blocked_time;
    uint64_t page_tables;        // frames in use as page tables of user address spaces
    uint64_t pooled_page_tables; // typed, empty, ready to use
    uint64_t offline_time;       // nanoseconds, as above
    uint64_t lock_waits;         // kernel locks that another processor held
    uint64_t lock_sleeps;        // and still did after looking for a while
};

// Why the machine ends. Argument of system_shutdown.
enum class Shutdown : uint64_t {
    power_off = 0,
    reboot = 1,
    crash = 2,
};

// Handed to the first process: its first argument points to it. One page, read-only.
struct Boot_information {
    static constexpr uint64_t expected_magic = 0x6e69646e6176614c; // "Lavandin"
    static constexpr uint32_t current_version = 2;

    uint64_t magic;
    uint32_t version;
    uint32_t processors;         // possible processors
    uint64_t boot_image_address; // where the boot image is mapped, read-only
    uint64_t boot_image_bytes;
    Capability_index system;            // System, all permissions
    Capability_index boot_image;        // Memory, read and execute
    Capability_index console_ring;      // Memory, or 0 where the platform has no console ring
    Capability_index console_interrupt; // the ring's, or the platform console's input
    Capability_index store_ring;        // Memory, or 0: the platform's configuration store
    Capability_index store_interrupt;
    uint64_t message_buffer; // of the first thread
    uint64_t clock_page;     // where the process may map the clock page
    uint64_t image_begin;    // the first process's own image, and
    uint64_t image_end;      // where free addresses begin
    char command_line[1024]; // NUL-terminated
};

static_assert(sizeof(Boot_information) <= 4096);

} // namespace lavandin::abi
