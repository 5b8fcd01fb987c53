// SPDX-License-Identifier: MIT
// Starting programs: from the bytes of an ELF file to the first thread of a new process.
#pragma once

#include <lavandin/elf_program.hpp>
#include <lavandin/layout.hpp>
#include <lavandin/objects.hpp>

#include <span>
#include <string_view>

namespace lavandin {

// A capability for the new process, which finds it by name in its environment.
struct Given_capability {
    std::string_view name; // 1 to 23 characters
    Capability_index source;
    Permissions permissions{all_permissions};
    uint64_t badge{0}; // 0 keeps the badge
};

struct Program_start {
    std::span<std::byte const> file;
    std::string_view name;                       // of the process; 16 characters count
    uint64_t quota;                              // bytes, out of the caller's
    std::span<std::string_view const> arguments; // the first is the program's name
    std::span<Given_capability const> capabilities;
    uint64_t priority{default_priority};               // of the first thread
    uint64_t stack_bytes{layout::default_stack_bytes}; // a multiple of 4096
    Capability_index ended{0}; // notification to signal when the process ends; 0 for none
    Capability_index group{0}; // of which it becomes a member; 0: it is alone
};

struct Started_program {
    Process process;
    Kernel_thread thread;
    uint64_t stack_begin; // of that thread; nothing is mapped in the page below
};

// Makes the process and starts it. Its memory comes from the caller's source (allocate_memory), its
// kernel objects from its quota. What the memory server gave stays charged to the caller until the
// caller ends, also when the process has ended before. After an error nothing of it is left, but
// `ended` may have been signalled. Errors: not_supported when the file is no valid program
// (`reason`, when given, says why), too_large when capabilities or arguments do not fit,
// invalid_argument when one of them is malformed, and those of process_create, allocate_memory,
// memory_map, capability_copy and thread_create.
Result<Started_program> start_program(Program_start const& start, Elf_error* reason = nullptr);

} // namespace lavandin
