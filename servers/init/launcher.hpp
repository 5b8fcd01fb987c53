// SPDX-License-Identifier: MIT
// Makes a process of a program file with exactly the capabilities of its section.
#pragma once

#include "groups.hpp"
#include "manifest.hpp"
#include "messages.hpp"
#include "process_table.hpp"
#include "services.hpp"

#include <lavandin/boot_image_reader.hpp>

namespace lavandin::init {

struct Launched {
    Process process;
    uint64_t stack_begin; // of its first thread; a fault just below is an overflow
};

class Launcher {
public:
    Launcher(abi::Boot_information const& boot, abi::Boot_image const& image,
             Services const& services, Groups const& groups, Messages& messages)
        : _boot{boot}, _image{image}, _services{services}, _groups{groups}, _messages{messages} {}

    // What one process is started with.
    struct Order {
        Section const& section;
        uint64_t quota;         // bytes
        std::string_view file;  // in the boot image, under programs/
        std::string_view name;  // of the process
        std::string_view block; // arguments, each ended by a NUL; the first is its name
        Process_number number;
        uint64_t console_roles{0}; // beside those of the section
        Capability_index ended{0}; // signalled when the process ends
        Capability_index pool{0};  // Process whose quota pays for what it gives out
        Capability_index state{0}; // Memory that its predecessors had
    };

    // Errors: not_mapped (no such file), and those of start_program; what is wrong with a program
    // file is said. After an error nothing of the process is left.
    Result<Launched> launch(Order const& order) const;

    // Has the scheduling module of a policy's section, from policies/ in the boot image, serve its
    // place. Errors: not_mapped (no such file), and those of policy_load and policy_install.
    Result<void> install(Section const& policy) const;

    // Whether the machine has what the section requires.
    bool has_devices_of(Section const& section) const;

    // What init itself pays for a process of that file: image, stack and environment. 0 when there
    // is no such program, or no valid one.
    uint64_t image_bytes(std::string_view file) const;

private:
    class Grants; // the capabilities of one process, as they are put together

    abi::Boot_image_file const* find(char const* folder, std::string_view file) const;
    Result<void> set_class(Kernel_thread const& thread, Section const& section) const;
    std::span<std::byte const> contents(abi::Boot_image_file const& file) const;

    abi::Boot_information const& _boot;
    abi::Boot_image const& _image;
    Services const& _services;
    Groups const& _groups;
    Messages& _messages;
};

} // namespace lavandin::init
