// SPDX-License-Identifier: MIT
#include "processor_objects.hpp"

#include <lavandin/thread_pointer.hpp>
#include <string.h>

namespace lavandin::resource_manager {

Result<Processor_objects> Processor_objects::open(Capability_index system) {
    Processor_objects all;
    for (uint64_t number = 0; number < maximum_processors; ++number)
        all._objects[number] = TRY(processor_open(system, number));
    return all;
}

abi::Processor_information Processor_objects::information(uint64_t number) const {
    abi::Processor_information information{};
    if (processor_information(_objects[number]).ok())
        memcpy(&information, message_buffer().words, sizeof(information));
    return information;
}

// The generated stub has no room for what comes with an error.
Outcome Processor_objects::act(uint64_t number, Processor_action action, uint64_t deadline) const {
    Registers registers{};
    registers.word[0] = _objects[number];
    registers.word[1] = static_cast<uint64_t>(action);
    registers.word[2] = deadline;
    Error const error = enter_kernel(System_call::processor_control, registers);
    Outcome outcome{static_cast<uint64_t>(error), {}};
    if (error == Error::pinned)
        outcome.obstacle = {registers.word[0], registers.word[1], {}};
    return outcome;
}

} // namespace lavandin::resource_manager
