// SPDX-License-Identifier: MIT
#include "processors.hpp"

#include <lavandin/thread_pointer.hpp>
#include <string.h>

namespace changes {

Result<void> Processors::open(Capability_index system) {
    for (uint64_t number = 0; number < most_processors; ++number) {
        Each& each = _all[number];
        each.own = TRY(processor_open(system, number));
        each.open = TRY(capability_copy(self_process, each.own, all_permissions, 0));
        if (number == _possible && state(number) != Processor_state::absent)
            ++_possible;
    }
    return {};
}

Processor_state Processors::state(uint64_t number) const {
    abi::Processor_information information{};
    if (processor_information(_all[number].own).ok())
        memcpy(&information, message_buffer().words, sizeof(information));
    return static_cast<Processor_state>(information.state);
}

Error Processors::act(uint64_t number, Processor_action action, uint64_t deadline) const {
    return processor_control(_all[number].own, static_cast<uint64_t>(action), deadline).error();
}

Error Processors::act_openly(uint64_t number, Processor_action action, uint64_t deadline) {
    Each& each = _all[number];
    auto const copy = capability_copy(self_process, each.open, all_permissions, 0);
    if (!copy.ok())
        return copy.error();
    __atomic_store_n(&each.leaving, true, __ATOMIC_RELEASE);
    Error const answer =
        processor_control(copy.value(), static_cast<uint64_t>(action), deadline).error();
    __atomic_store_n(&each.leaving, false, __ATOMIC_RELEASE);
    static_cast<void>(capability_delete(copy.value())); // unless it has been taken away
    return answer;
}

} // namespace changes
