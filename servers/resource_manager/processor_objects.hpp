// SPDX-License-Identifier: MIT
// The kernel's Processor objects, one for each number.
#pragma once

#include "wish.hpp"

#include <array>
#include <lavandin/objects.hpp>

namespace lavandin::resource_manager {

constexpr uint64_t maximum_processors = resource_manager_protocol::maximum_processors;

class Processor_objects {
public:
    // Errors: those of processor_open.
    static Result<Processor_objects> open(Capability_index system);

    Capability_index object(uint64_t number) const { return _objects[number]; }
    abi::Processor_information information(uint64_t number) const;
    Processor_state state(uint64_t number) const {
        return static_cast<Processor_state>(information(number).state);
    }

    // Waits until it has happened, for start, park and stop. Of `pinned`, the obstacle's numbers
    // are those of the kernel.
    Outcome act(uint64_t number, Processor_action action, uint64_t deadline) const;

private:
    std::array<Capability_index, maximum_processors> _objects{};
};

} // namespace lavandin::resource_manager
